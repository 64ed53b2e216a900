// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/time/time.h"
#include "omserve/v1/vision.pb.h"

namespace omserve::client {

// An answer, with what the server says about it.
struct LoadAnswer {
  absl::Duration latency;       // from the scheduled time
  absl::Duration sent_latency;  // from the time it was sent
  absl::Duration at;            // its scheduled time, from the begin of what is measured
  uint64_t number = 0;          // of the request in the run
  size_t request_class = 0;
  v1::Timing timing;  // empty if the server tells nothing
};

// A uniform sample of the answers of a run: each one's lot is drawn from its number, and those with
// the lowest lots are kept. Deterministic, and the same however many threads there are.
// Thread-compatible.
class AnswerSample {
 public:
  static constexpr size_t kKept = 200;

  // Whether the answer to this request would be kept: ask before the Timing is copied.
  bool Wants(uint64_t number) const;
  void Add(LoadAnswer answer);
  void Merge(const AnswerSample& other);
  // In the order of their lots.
  const std::vector<LoadAnswer>& answers() const { return answers_; }

 private:
  std::vector<LoadAnswer> answers_;
};

}  // namespace omserve::client

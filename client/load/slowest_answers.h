// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/time/time.h"
#include "omserve/v1/vision.pb.h"

namespace omserve::client {

// The slowest answers of a run, each with what the server says about it, so that a tail is
// explained request by request. Holds a fixed number of them. Thread-compatible.
class SlowestAnswers {
 public:
  static constexpr size_t kKept = 10;

  struct Answer {
    absl::Duration latency;       // from the scheduled time
    absl::Duration sent_latency;  // from the time it was sent
    absl::Duration at;            // its scheduled time, from the begin of what is measured
    uint64_t number = 0;          // of the request in the run
    size_t request_class = 0;
    v1::Timing timing;
  };

  // Whether an answer with this latency would be kept: ask before the Timing is copied.
  bool Wants(absl::Duration latency) const;
  void Add(Answer answer);
  void Merge(const SlowestAnswers& other);
  // Slowest first.
  const std::vector<Answer>& answers() const { return answers_; }

 private:
  std::vector<Answer> answers_;
};

}  // namespace omserve::client

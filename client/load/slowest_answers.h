// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "absl/time/time.h"
#include "client/load/answer_sample.h"

namespace omserve::client {

// The slowest answers of a run, each with what the server says about it, so that a tail is
// explained request by request. Holds a fixed number of them. Thread-compatible.
class SlowestAnswers {
 public:
  static constexpr size_t kKept = 100;

  // Whether an answer with this latency would be kept: ask before the Timing is copied.
  bool Wants(absl::Duration latency) const;
  void Add(LoadAnswer answer);
  void Merge(const SlowestAnswers& other);
  // Slowest first.
  const std::vector<LoadAnswer>& answers() const { return answers_; }

 private:
  std::vector<LoadAnswer> answers_;
};

}  // namespace omserve::client

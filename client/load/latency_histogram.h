// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <vector>

#include "absl/time/time.h"

namespace omserve::client {

// Counts durations in logarithmic buckets: exact below 256 ns, then 128 buckets for every doubling,
// so that a percentile is at most 0.4 % off. Count, sum, least and greatest are exact. Memory grows
// with the greatest value only: 29 KB for 10 s, 58 KB at most. Thread-compatible.
class LatencyHistogram {
 public:
  // A negative duration counts as 0, one beyond 292 years as that.
  void Record(absl::Duration value);
  // Adds everything that 'other' holds.
  void Merge(const LatencyHistogram& other);

  int64_t count() const { return count_; }
  // Milliseconds; 0 if nothing was recorded.
  double mean_ms() const;
  double min_ms() const;
  double max_ms() const;
  // Milliseconds that 'percent' (0 to 100) of the values do not exceed, by the nearest rank; 0 if
  // nothing was recorded.
  double PercentileMs(double percent) const;

  // {"count", "mean", "p50", "p90", "p95", "p99", "p99_9", "max"}, milliseconds.
  nlohmann::json SummaryJson() const;
  // [[upper bound in milliseconds, count], ...] of the buckets that are not empty, ascending. A
  // bucket holds what is above its predecessor's bound (of all buckets) and not above its own.
  nlohmann::json BucketsJson() const;

 private:
  std::vector<int64_t> buckets_;
  int64_t count_ = 0;
  int64_t min_ns_ = 0;
  int64_t max_ns_ = 0;
  double sum_ns_ = 0;
};

}  // namespace omserve::client

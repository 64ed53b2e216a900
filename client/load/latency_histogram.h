// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <vector>

#include "absl/time/time.h"

namespace omserve::client {

// Counts durations in logarithmic buckets: exact below 2,048 ns, then 1,024 buckets for every
// doubling, so that a percentile, the middle of its bucket, is at most 0.05 % off. Count, sum,
// least and greatest are exact. Memory spans the least to the greatest value: 55 KB from 100 us to
// 10 ms, 450 KB at most. Thread-compatible.
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
  // [[upper bound in milliseconds, count], ...] of coarser buckets, 128 for every doubling (0.8 %
  // each), that are not empty, ascending. A bucket holds what is above its predecessor's bound (of
  // all buckets) and not above its own.
  nlohmann::json BucketsJson() const;

 private:
  // Makes room for the buckets from 'first' up to, not including, 'end'.
  void Cover(size_t first, size_t end);

  size_t first_ = 0;  // number of the first in buckets_
  std::vector<int64_t> buckets_;
  int64_t count_ = 0;
  int64_t min_ns_ = 0;
  int64_t max_ns_ = 0;
  double sum_ns_ = 0;
};

}  // namespace omserve::client

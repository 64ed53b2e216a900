// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"

namespace omserve::client {

// Latencies of a run that goes on, coarse enough to be counted by all its threads at once: buckets
// are an eighth of a doubling wide. Thread-safe.
class LiveLatencies {
 public:
  static constexpr size_t kBuckets = 8 * 48;
  using Counts = std::array<int64_t, kBuckets>;

  void Record(absl::Duration latency) {
    const auto microseconds =
        static_cast<uint64_t>(std::max<int64_t>(0, absl::ToInt64Microseconds(latency)));
    counts_[BucketOf(microseconds)].fetch_add(1, std::memory_order_relaxed);
  }
  // Of everything so far.
  Counts Read() const {
    Counts counts;
    for (size_t i = 0; i < kBuckets; ++i) counts[i] = counts_[i].load(std::memory_order_relaxed);
    return counts;
  }
  // Milliseconds that 'percent' of what was counted between two readings do not exceed; 0 if that
  // is nothing.
  static double PercentileMs(const Counts& before, const Counts& now, double percent) {
    int64_t total = 0;
    for (size_t i = 0; i < kBuckets; ++i) total += now[i] - before[i];
    const double wanted = percent / 100 * static_cast<double>(total);
    int64_t seen = 0;
    for (size_t i = 0; i < kBuckets; ++i) {
      seen += now[i] - before[i];
      if (seen > 0 && static_cast<double>(seen) >= wanted) {
        return static_cast<double>(LeastOf(i + 1)) / 1e3;
      }
    }
    return 0;
  }

 private:
  static size_t BucketOf(uint64_t value) {
    const int shift = std::max(0, static_cast<int>(std::bit_width(value)) - 4);
    return std::min(kBuckets - 1, static_cast<size_t>(shift) * 8 + (value >> shift));
  }
  static uint64_t LeastOf(size_t bucket) {
    const size_t shift = bucket < 16 ? 0 : bucket / 8 - 1;
    return (bucket - shift * 8) << shift;
  }

  std::array<std::atomic<int64_t>, kBuckets> counts_ = {};
};

}  // namespace omserve::client

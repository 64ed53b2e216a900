// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/latency_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace omserve::client {
namespace {

constexpr int kBits = 10;      // 1,024 buckets for every doubling
constexpr int kShownBits = 7;  // of BucketsJson
// Room is made for so many buckets at a time, 2 KB: for single ones it would be made for many of a
// run's answers.
constexpr size_t kRoom = 256;
constexpr double kNanosecondsPerMillisecond = 1e6;

// The bucket of a value with 2^bits of them for every doubling; values below 2^(bits+1) have one
// each.
size_t BucketOf(uint64_t value, int bits) {
  const int shift = std::max(0, static_cast<int>(std::bit_width(value)) - bits - 1);
  return (static_cast<size_t>(shift) << bits) + static_cast<size_t>(value >> shift);
}

// The least and the greatest whole nanoseconds that fall into a bucket.
struct Bounds {
  uint64_t low;
  uint64_t high;
};

Bounds BoundsOf(size_t bucket, int bits) {
  const size_t half = size_t{1} << bits;
  const size_t shift = bucket < 2 * half ? 0 : bucket / half - 1;
  const uint64_t low = (bucket - shift * half) << shift;
  return {low, low + ((uint64_t{1} << shift) - 1)};
}

}  // namespace

void LatencyHistogram::Cover(size_t first, size_t end) {
  if (first >= first_ && end <= first_ + buckets_.size()) {
    return;
  }
  first -= first % kRoom;
  end += (kRoom - end % kRoom) % kRoom;
  if (buckets_.empty()) {
    first_ = first;
  }
  if (first < first_) {
    buckets_.insert(buckets_.begin(), first_ - first, 0);
    first_ = first;
  }
  if (end > first_ + buckets_.size()) {
    buckets_.resize(end - first_);
  }
}

void LatencyHistogram::Record(absl::Duration value) {
  const int64_t nanoseconds = std::max<int64_t>(0, absl::ToInt64Nanoseconds(value));
  const size_t bucket = BucketOf(static_cast<uint64_t>(nanoseconds), kBits);
  Cover(bucket, bucket + 1);
  ++buckets_[bucket - first_];
  min_ns_ = count_ == 0 ? nanoseconds : std::min(min_ns_, nanoseconds);
  max_ns_ = std::max(max_ns_, nanoseconds);
  sum_ns_ += static_cast<double>(nanoseconds);
  ++count_;
}

void LatencyHistogram::Merge(const LatencyHistogram& other) {
  if (other.count_ == 0) {
    return;
  }
  Cover(other.first_, other.first_ + other.buckets_.size());
  for (size_t i = 0; i < other.buckets_.size(); ++i) {
    buckets_[other.first_ - first_ + i] += other.buckets_[i];
  }
  min_ns_ = count_ == 0 ? other.min_ns_ : std::min(min_ns_, other.min_ns_);
  max_ns_ = std::max(max_ns_, other.max_ns_);
  sum_ns_ += other.sum_ns_;
  count_ += other.count_;
}

double LatencyHistogram::mean_ms() const {
  return count_ == 0 ? 0 : sum_ns_ / static_cast<double>(count_) / kNanosecondsPerMillisecond;
}

double LatencyHistogram::min_ms() const {
  return static_cast<double>(min_ns_) / kNanosecondsPerMillisecond;
}

double LatencyHistogram::max_ms() const {
  return static_cast<double>(max_ns_) / kNanosecondsPerMillisecond;
}

double LatencyHistogram::PercentileMs(double percent) const {
  if (count_ == 0) {
    return 0;
  }
  // The small term keeps 99.9 % of 1,000 at 999, whatever the product's last bits are.
  const double wanted = std::ceil(percent / 100 * static_cast<double>(count_) - 1e-6);
  const int64_t rank = std::clamp<int64_t>(static_cast<int64_t>(wanted), 1, count_);
  if (rank == count_) {
    return max_ms();
  }
  int64_t seen = 0;
  size_t bucket = 0;
  while ((seen += buckets_[bucket]) < rank) {
    ++bucket;
  }
  const Bounds bounds = BoundsOf(first_ + bucket, kBits);
  const double middle = (static_cast<double>(bounds.low) + static_cast<double>(bounds.high)) / 2;
  return std::clamp(middle / kNanosecondsPerMillisecond, min_ms(), max_ms());
}

nlohmann::json LatencyHistogram::SummaryJson() const {
  return {{"count", count_},
          {"mean", mean_ms()},
          {"p50", PercentileMs(50)},
          {"p90", PercentileMs(90)},
          {"p95", PercentileMs(95)},
          {"p99", PercentileMs(99)},
          {"p99_9", PercentileMs(99.9)},
          {"max", max_ms()}};
}

nlohmann::json LatencyHistogram::BucketsJson() const {
  nlohmann::json buckets = nlohmann::json::array();
  size_t shown = 0;  // the number of the last one
  for (size_t i = 0; i < buckets_.size(); ++i) {
    if (buckets_[i] == 0) {
      continue;
    }
    const size_t coarse = BucketOf(BoundsOf(first_ + i, kBits).low, kShownBits);
    if (!buckets.empty() && coarse == shown) {
      buckets.back()[1] = buckets.back()[1].get<int64_t>() + buckets_[i];
      continue;
    }
    shown = coarse;
    const auto bound = static_cast<double>(BoundsOf(coarse, kShownBits).high);
    buckets.push_back({bound / kNanosecondsPerMillisecond, buckets_[i]});
  }
  return buckets;
}

}  // namespace omserve::client

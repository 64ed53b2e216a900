// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/latency_histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace omserve::client {
namespace {

double Exact(std::vector<double> values, double percent) {
  std::sort(values.begin(), values.end());
  const double count = static_cast<double>(values.size());
  const double rank = std::clamp(std::ceil(percent / 100 * count - 1e-6), 1.0, count);
  return values[static_cast<size_t>(rank) - 1];
}

// Values in milliseconds that span nine decades, with a long tail.
std::vector<double> ManyValues(unsigned seed, int count) {
  std::mt19937_64 random(seed);
  std::lognormal_distribution<double> distribution(0, 3);
  std::vector<double> values;
  for (int i = 0; i < count; ++i) {
    values.push_back(std::round(distribution(random) * 1e6) / 1e6);
  }
  return values;
}

LatencyHistogram Of(const std::vector<double>& milliseconds) {
  LatencyHistogram histogram;
  for (const double value : milliseconds) {
    histogram.Record(absl::Nanoseconds(std::llround(value * 1e6)));
  }
  return histogram;
}

constexpr double kPercents[] = {0, 1, 10, 50, 90, 95, 99, 99.9, 99.99, 100};

TEST(LatencyHistogramTest, PercentilesAreWithinHalfAThousandth) {
  for (const unsigned seed : {1U, 2U, 3U}) {
    const std::vector<double> values = ManyValues(seed, 20000);
    const LatencyHistogram histogram = Of(values);
    for (const double percent : kPercents) {
      const double exact = Exact(values, percent);
      EXPECT_NEAR(histogram.PercentileMs(percent), exact, exact * 0.0005) << percent;
    }
    EXPECT_EQ(histogram.max_ms(), *std::max_element(values.begin(), values.end()));
    EXPECT_EQ(histogram.min_ms(), *std::min_element(values.begin(), values.end()));
    EXPECT_EQ(histogram.count(), 20000);
  }
}

TEST(LatencyHistogramTest, PercentileIsTheNearestRank) {
  LatencyHistogram histogram;
  for (int i = 1; i <= 200; ++i) {  // below 2,048 ns buckets are exact
    histogram.Record(absl::Nanoseconds(i));
  }
  EXPECT_DOUBLE_EQ(histogram.PercentileMs(50), 100e-6);
  EXPECT_DOUBLE_EQ(histogram.PercentileMs(50.5), 101e-6);
  EXPECT_DOUBLE_EQ(histogram.PercentileMs(99.5), 199e-6);
  EXPECT_DOUBLE_EQ(histogram.PercentileMs(0), 1e-6);
  EXPECT_DOUBLE_EQ(histogram.PercentileMs(100), 200e-6);
  EXPECT_DOUBLE_EQ(histogram.mean_ms(), 100.5e-6);
}

TEST(LatencyHistogramTest, OneSlowValueInAThousandIsTheMaximumAlone) {
  LatencyHistogram histogram;
  for (int i = 0; i < 999; ++i) {
    histogram.Record(absl::Nanoseconds(100));
  }
  histogram.Record(absl::Seconds(1));
  EXPECT_DOUBLE_EQ(histogram.PercentileMs(99.9), 100e-6);
  EXPECT_DOUBLE_EQ(histogram.PercentileMs(99.91), 1000);
}

TEST(LatencyHistogramTest, MergesToTheSameAsOne) {
  const std::vector<double> some = ManyValues(4, 3000);
  const std::vector<double> others = ManyValues(5, 500);
  std::vector<double> all = some;
  all.insert(all.end(), others.begin(), others.end());
  for (const bool swapped : {false, true}) {
    LatencyHistogram merged = Of(swapped ? others : some);
    merged.Merge(Of(swapped ? some : others));
    merged.Merge(LatencyHistogram());
    const LatencyHistogram whole = Of(all);
    EXPECT_EQ(merged.BucketsJson(), whole.BucketsJson());
    EXPECT_EQ(merged.count(), whole.count());
    EXPECT_EQ(merged.min_ms(), whole.min_ms());
    EXPECT_EQ(merged.max_ms(), whole.max_ms());
    EXPECT_NEAR(merged.mean_ms(), whole.mean_ms(), whole.mean_ms() * 1e-9);
  }
  LatencyHistogram empty;
  empty.Merge(Of(some));
  EXPECT_EQ(empty.min_ms(), Of(some).min_ms());
}

TEST(LatencyHistogramTest, BucketsHoldEveryValueBelowTheirBound) {
  const std::vector<double> values = ManyValues(6, 2000);
  int64_t seen = 0;
  for (const auto& bucket : Of(values).BucketsJson()) {
    const double bound = bucket[0].get<double>();
    seen += bucket[1].get<int64_t>();
    const auto below = std::count_if(values.begin(), values.end(), [bound](double value) {
      return value <= bound * (1 + 1e-12);
    });
    EXPECT_EQ(below, seen) << bound;
  }
  EXPECT_EQ(seen, 2000);
}

TEST(LatencyHistogramTest, LaterAndLesserValuesAreCountedToo) {
  LatencyHistogram histogram;
  histogram.Record(absl::Milliseconds(40));
  histogram.Record(absl::Milliseconds(1));
  histogram.Record(absl::Milliseconds(100));
  EXPECT_NEAR(histogram.PercentileMs(33), 1, 0.0005);
  EXPECT_NEAR(histogram.PercentileMs(66), 40, 0.02);
  EXPECT_DOUBLE_EQ(histogram.PercentileMs(100), 100);
}

// A page and a document are not to grow with the precision.
TEST(LatencyHistogramTest, ShowsFewBuckets) {
  LatencyHistogram histogram;
  for (int i = 0; i < 10000; ++i) histogram.Record(absl::Microseconds(10000 + i));
  EXPECT_GT(histogram.BucketsJson().size(), 120U);
  EXPECT_LT(histogram.BucketsJson().size(), 140U);
}

TEST(LatencyHistogramTest, TakesTheLongestAndTheNegative) {
  LatencyHistogram histogram;
  histogram.Record(absl::InfiniteDuration());
  histogram.Record(absl::Milliseconds(-5));
  EXPECT_EQ(histogram.count(), 2);
  EXPECT_EQ(histogram.min_ms(), 0);
  EXPECT_GT(histogram.max_ms(), 9e12);
}

TEST(LatencyHistogramTest, NothingIsZero) {
  const LatencyHistogram histogram;
  EXPECT_EQ(histogram.PercentileMs(99), 0);
  EXPECT_EQ(histogram.mean_ms(), 0);
  EXPECT_EQ(histogram.BucketsJson(), nlohmann::json::array());
  EXPECT_EQ(histogram.SummaryJson()["count"], 0);
}

}  // namespace
}  // namespace omserve::client

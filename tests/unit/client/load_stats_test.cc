// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load_stats.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

namespace omserve::client {
namespace {

TEST(LoadStatsTest, PercentileIsTheNearestRank) {
  std::vector<double> values(100);
  std::iota(values.begin(), values.end(), 1);
  EXPECT_EQ(Percentile(values, 0), 1);
  EXPECT_EQ(Percentile(values, 50), 50);
  EXPECT_EQ(Percentile(values, 90), 90);
  EXPECT_EQ(Percentile(values, 99), 99);
  EXPECT_EQ(Percentile(values, 100), 100);
  EXPECT_EQ(Percentile({1, 2, 3}, 50), 2);
  EXPECT_EQ(Percentile({1, 2, 3, 4}, 50), 2);
  EXPECT_EQ(Percentile({5}, 99), 5);
  EXPECT_EQ(Percentile({}, 50), 0);
}

TEST(LoadStatsTest, SummarizesLatenciesAndErrors) {
  LoadStats stats;
  stats.Record(absl::OkStatus(), absl::Milliseconds(30));
  stats.Record(absl::OkStatus(), absl::Milliseconds(10));
  stats.Record(absl::OkStatus(), absl::Milliseconds(20));
  stats.Record(absl::ResourceExhaustedError("full"), absl::Milliseconds(500));
  const LoadSummary summary = stats.Summarize(absl::Seconds(2));
  EXPECT_EQ(summary.requests, 4);
  EXPECT_EQ(summary.ok, 3);
  EXPECT_EQ(summary.requests_per_s, 1.5);
  EXPECT_EQ(summary.mean_ms, 20);
  EXPECT_EQ(summary.p50_ms, 20);
  EXPECT_EQ(summary.max_ms, 30);
  EXPECT_EQ(ToJson(summary), nlohmann::json::parse(R"({"requests": 4, "ok": 3, "seconds": 2.0,
    "errors": {"RESOURCE_EXHAUSTED": 1}, "requests_per_s": 1.5,
    "latency_ms": {"mean": 20.0, "p50": 20.0, "p90": 30.0, "p99": 30.0, "max": 30.0}})"));
  EXPECT_THAT(FormatLoad(summary), ::testing::HasSubstr("1 RESOURCE_EXHAUSTED"));
}

TEST(LoadStatsTest, SummarizesNothing) {
  const LoadSummary summary = LoadStats().Summarize(absl::ZeroDuration());
  EXPECT_EQ(summary.requests, 0);
  EXPECT_EQ(summary.requests_per_s, 0);
}

}  // namespace
}  // namespace omserve::client

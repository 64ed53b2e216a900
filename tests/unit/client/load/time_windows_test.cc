// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/time_windows.h"

#include <gtest/gtest.h>

#include <cmath>

#include "client/load/stability.h"

namespace omserve::client {
namespace {

// One answer every 10 ms, as 'latency_ms' has it.
template <typename Latency>
TimeWindows Answers(int count, Latency latency_ms) {
  TimeWindows windows;
  for (int i = 0; i < count; ++i) {
    TimeWindows::Window& window = windows.At(absl::Milliseconds(10) * i);
    ++window.requests;
    ++window.ok;
    window.latency.Record(absl::Milliseconds(latency_ms(i)));
  }
  return windows;
}

int64_t CountIn(const TimeWindows& windows) {
  int64_t count = 0;
  for (const TimeWindows::Window& window : windows.windows()) count += window.latency.count();
  return count;
}

TEST(TimeWindowsTest, StayFewHoweverLongARunIs) {
  const TimeWindows windows = Answers(100'000, [](int) { return 5; });  // 1,000 s
  EXPECT_LE(windows.windows().size(), TimeWindows::kMost);
  EXPECT_GT(windows.windows().size(), TimeWindows::kMost / 4);
  EXPECT_EQ(CountIn(windows), 100'000);
  for (size_t i = 0; i + 1 < windows.windows().size(); ++i) {
    EXPECT_EQ(windows.windows()[i].ok, absl::ToInt64Milliseconds(windows.width()) / 10);
  }
}

TEST(TimeWindowsTest, MergesRunsOfOtherLengths) {
  for (const bool longer_first : {false, true}) {
    TimeWindows one = Answers(100, [](int) { return 5; });
    TimeWindows other = Answers(50'000, [](int) { return 7; });
    TimeWindows& first = longer_first ? other : one;
    first.Merge(longer_first ? one : other);
    EXPECT_EQ(CountIn(first), 50'100);
    EXPECT_EQ(first.windows().front().latency.min_ms(), 5);
    EXPECT_EQ(first.windows().back().latency.min_ms(), 7);
  }
}

TEST(TimeWindowsTest, GroupsEvenly) {
  const TimeWindows windows = Answers(1000, [](int) { return 5; });  // 200 windows of 50 ms
  const auto groups = windows.Grouped(20);
  ASSERT_EQ(groups.size(), 20U);
  for (const auto& group : groups) EXPECT_EQ(group.ok, 50);
  EXPECT_EQ(windows.Grouped(1000).size(), 200U);
  for (const auto& group : Answers(195, [](int) { return 5; }).Grouped(20)) {  // 39 windows
    EXPECT_GE(group.ok, 5);
    EXPECT_LE(group.ok, 10) << "none is much wider than another";
  }
  EXPECT_TRUE(TimeWindows().Grouped(5).empty());
}

TEST(TimeWindowsTest, TellsWindowsWithoutAnswers) {
  TimeWindows windows;
  ++windows.At(absl::Milliseconds(60)).not_sent;
  const nlohmann::json document = windows.ToJson();
  ASSERT_EQ(document["windows"].size(), 2U);
  EXPECT_TRUE(document["windows"][0]["p99"].is_null());
  EXPECT_EQ(document["windows"][1]["not_sent"], 1);
  EXPECT_EQ(document["width_s"], 0.05);
}

TEST(StabilityTest, SteadyRunsAreKnownWell) {
  const Stability steady =
      MeasureStability(Answers(2000, [](int i) { return 10 + i % 3; }), /*seed=*/1);
  EXPECT_EQ(steady.windows, Stability::kWindows);
  EXPECT_NEAR(steady.mean_ms, 11, 0.01);
  EXPECT_LE(steady.mean.low, steady.mean_ms);
  EXPECT_GE(steady.mean.high, steady.mean_ms);
  EXPECT_NEAR(steady.ok_per_s, 100, 1);
  EXPECT_TRUE(steady.IsStable(0.01));
}

TEST(StabilityTest, RunsThatDriftAreNot) {
  const Stability drifting = MeasureStability(Answers(2000, [](int i) { return 1 + i / 10; }), 1);
  EXPECT_FALSE(drifting.IsStable(0.05));
  EXPECT_TRUE(drifting.IsStable(1));
  // The interval of a mean over n windows, spread evenly from 1 to 200: near 1.96 sigma / sqrt(n).
  const double expected = 1.96 * 200 / std::sqrt(12.0) / std::sqrt(20.0);
  EXPECT_NEAR((drifting.mean.high - drifting.mean.low) / 2, expected, expected * 0.15);
}

TEST(StabilityTest, FewWindowsSayNothing) {
  EXPECT_FALSE(MeasureStability(Answers(20, [](int) { return 5; }), 1).IsStable(10));
  EXPECT_FALSE(MeasureStability(TimeWindows(), 1).IsStable(10));
}

TEST(StabilityTest, SeedsDecide) {
  const TimeWindows windows = Answers(2000, [](int i) { return 1 + i * 7 % 90; });
  EXPECT_EQ(MeasureStability(windows, 3).ToJson(), MeasureStability(windows, 3).ToJson());
}

}  // namespace
}  // namespace omserve::client

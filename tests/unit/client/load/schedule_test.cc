// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/schedule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "client/load/seeded_draw.h"

namespace omserve::client {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using ::testing::HasSubstr;

std::vector<nanoseconds> Schedule(const Arrivals& arrivals, const ScheduleBounds& bounds) {
  const auto schedule = ComputeSchedule(arrivals, bounds);
  EXPECT_TRUE(schedule.ok()) << schedule.status();
  return schedule.value_or(std::vector<nanoseconds>());
}

absl::StatusCode CodeOf(const Arrivals& arrivals, const ScheduleBounds& bounds) {
  return ComputeSchedule(arrivals, bounds).status().code();
}

// A file that goes with its owner.
class ReplayFile {
 public:
  explicit ReplayFile(const std::string& text)
      : path_(std::filesystem::temp_directory_path() /
              ("omserve_replay_" + std::to_string(reinterpret_cast<uintptr_t>(this)))) {
    std::ofstream(path_) << text;
  }
  ~ReplayFile() { std::filesystem::remove(path_); }
  Arrivals arrivals() const { return {.kind = Arrivals::Kind::kReplay, .file = path_.string()}; }

 private:
  std::filesystem::path path_;
};

TEST(ScheduleTest, ConstantIsEvenlySpaced) {
  const auto schedule = Schedule({.rate = 1000}, {.requests = 5});
  EXPECT_EQ(schedule, (std::vector<nanoseconds>{milliseconds(0), milliseconds(1), milliseconds(2),
                                                milliseconds(3), milliseconds(4)}));
}

TEST(ScheduleTest, DurationCountsFromTheFirstMeasuredRequest) {
  EXPECT_EQ(Schedule({.rate = 100}, {.duration = absl::Seconds(2)}).size(), 200U);
  EXPECT_EQ(Schedule({.rate = 100}, {.warmup = 30, .duration = absl::Seconds(2)}).size(), 230U);
  EXPECT_EQ(Schedule({.rate = 100}, {.requests = 7, .duration = absl::Seconds(2)}).size(), 7U);
  EXPECT_EQ(Schedule({.rate = 100}, {.warmup = 3, .requests = 7}).size(), 10U);
}

TEST(ScheduleTest, PoissonHasTheStatisticsOfPoisson) {
  constexpr int kCount = 100000;
  constexpr double kRate = 2000;
  const auto schedule =
      Schedule({.kind = Arrivals::Kind::kPoisson, .rate = kRate, .seed = 7}, {.requests = kCount});
  ASSERT_EQ(schedule.size(), static_cast<size_t>(kCount));
  ASSERT_TRUE(std::is_sorted(schedule.begin(), schedule.end()));
  double sum = 0;
  double squares = 0;
  int long_gaps = 0;  // above the mean: a share of 1/e
  nanoseconds before{0};
  for (const nanoseconds time : schedule) {
    const double gap = static_cast<double>((time - before).count()) / 1e9 * kRate;
    before = time;
    sum += gap;
    squares += gap * gap;
    long_gaps += gap > 1 ? 1 : 0;
  }
  // Five standard deviations of each estimate; the seed is fixed, so that this never flickers.
  const double tolerance = 5 / std::sqrt(kCount);
  EXPECT_NEAR(sum / kCount, 1, tolerance);
  EXPECT_NEAR(squares / kCount, 2, tolerance * std::sqrt(20.0));
  EXPECT_NEAR(static_cast<double>(long_gaps) / kCount, std::exp(-1), tolerance * 0.5);
}

TEST(ScheduleTest, PoissonDependsOnItsSeedAlone) {
  Arrivals arrivals = {.kind = Arrivals::Kind::kPoisson, .rate = 10, .seed = 1};
  const auto first = Schedule(arrivals, {.requests = 50});
  EXPECT_EQ(Schedule(arrivals, {.requests = 50}), first);
  arrivals.seed = 2;
  EXPECT_NE(Schedule(arrivals, {.requests = 50}), first);
}

TEST(ScheduleTest, BurstsPauseAndKeepTheMeanRate) {
  const auto schedule = Schedule({.kind = Arrivals::Kind::kBurst,
                                  .rate = 100,
                                  .on = absl::Milliseconds(100),
                                  .off = absl::Milliseconds(300)},
                                 {.requests = 400});
  ASSERT_TRUE(std::is_sorted(schedule.begin(), schedule.end()));
  for (const nanoseconds time : schedule) {
    EXPECT_LE(time % milliseconds(400), milliseconds(100) + nanoseconds(10));
  }
  EXPECT_EQ(schedule[1], nanoseconds(2'500'000)) << "four times as fast while it lasts";
  EXPECT_NEAR(static_cast<double>(schedule.back().count()) / 1e9, 4.0, 0.31);
}

TEST(ScheduleTest, ReplaysAFileFromItsFirstLine) {
  const ReplayFile file("# seconds\n1700000000.5\n\n1700000000.5 # twice\n 1700000002\n");
  const auto schedule = Schedule(file.arrivals(), {});
  ASSERT_EQ(schedule.size(), 3U);
  EXPECT_EQ(schedule[0], nanoseconds(0));
  EXPECT_EQ(schedule[1], nanoseconds(0));
  EXPECT_EQ(schedule[2], milliseconds(1500));
  EXPECT_EQ(Schedule(file.arrivals(), {.requests = 2}).size(), 2U);
}

TEST(ScheduleTest, RefusesBadReplays) {
  const auto message = [](const std::string& text) {
    const ReplayFile file(text);
    const auto schedule = ComputeSchedule(file.arrivals(), {});
    EXPECT_EQ(schedule.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(schedule.status().message());
  };
  EXPECT_THAT(message("1\nsoon\n"), HasSubstr(":2: 'soon'"));
  EXPECT_THAT(message("1\nnan\n"), HasSubstr(":2: 'nan'"));
  EXPECT_THAT(message("2\n1\n"), HasSubstr(":2: 1 is before"));
  EXPECT_THAT(message("# nothing\n"), HasSubstr("no request"));
  EXPECT_EQ(CodeOf({.kind = Arrivals::Kind::kReplay, .file = "/nowhere"}, {}),
            absl::StatusCode::kNotFound);
}

TEST(ScheduleTest, RefusesSchedulesWithoutEndOrMeaning) {
  constexpr auto kBad = absl::StatusCode::kInvalidArgument;
  EXPECT_EQ(CodeOf({.rate = 10}, {}), kBad);
  EXPECT_EQ(CodeOf({.rate = 0}, {.requests = 1}), kBad);
  EXPECT_EQ(CodeOf({.rate = -1}, {.requests = 1}), kBad);
  EXPECT_EQ(CodeOf({.rate = NAN}, {.requests = 1}), kBad);
  EXPECT_EQ(CodeOf({.rate = 1e6}, {.duration = absl::Hours(1)}), kBad);
}

TEST(ScheduleTest, ReadsArrivals) {
  EXPECT_EQ(ParseArrivals("constant")->kind, Arrivals::Kind::kConstant);
  EXPECT_EQ(ParseArrivals("poisson")->kind, Arrivals::Kind::kPoisson);
  EXPECT_EQ(ParseArrivals("burst")->on, absl::Milliseconds(100));
  EXPECT_EQ(ParseArrivals("burst:5/2.5")->off, absl::Milliseconds(2.5));
  EXPECT_EQ(ParseArrivals("replay:a:b")->file, "a:b");
  for (const char* text : {"constant", "poisson", "burst:5/2.5", "replay:a:b"}) {
    EXPECT_EQ(ArrivalsText(*ParseArrivals(text)), text);
  }
  for (const char* text : {"", "Poisson", "burst:", "burst:0/1", "burst:1/-1", "burst:1",
                           "burst:x/y", "burst1/2", "replay:", "replay", "burst:inf/1"}) {
    EXPECT_FALSE(ParseArrivals(text).ok()) << text;
  }
}

TEST(SeededDrawTest, DrawsAreUniformAndIndependentOfEachOther) {
  constexpr int kCount = 100000;
  double sum = 0;
  double product = 0;
  for (uint64_t i = 0; i < kCount; ++i) {
    const double draw = SeededDraw(1, DrawFor::kClass, i);
    ASSERT_GE(draw, 0);
    ASSERT_LT(draw, 1);
    sum += draw;
    product += (draw - 0.5) * (SeededDraw(1, DrawFor::kCancel, i) - 0.5);
  }
  EXPECT_NEAR(sum / kCount, 0.5, 0.005);
  EXPECT_NEAR(product / kCount, 0, 0.002);
  EXPECT_NE(SeededDraw(1, DrawFor::kClass, 0), SeededDraw(2, DrawFor::kClass, 0));
}

}  // namespace
}  // namespace omserve::client

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// Loads that are more than single requests: cameras, slow readers, reconnects.
#include <gtest/gtest.h>

#include <set>

#include "client/load/load_run.h"
#include "tests/unit/client/fake_vision.h"

namespace omserve::client {
namespace {

RequestClass Class(const ClassSpec& spec, const std::vector<std::string>& pictures) {
  std::vector<v1::Image> images;
  for (const std::string& picture : pictures) images.emplace_back().set_encoded(picture);
  return *RequestClass::Make(spec, images);
}

ClassSpec Cameras(int cameras, double fps) {
  ClassSpec spec;
  spec.name = "cameras";
  spec.cameras = cameras;
  spec.fps = fps;
  spec.deadline = absl::Seconds(20);
  return spec;
}

LoadOptions For(const FakeVision& fake, absl::Duration duration) {
  LoadOptions options;
  options.server = fake.address();
  options.duration = duration;
  return options;
}

TEST(ScenarioLoadTest, CamerasCountEveryFrameOnce) {
  FakeVision fake;
  // 3 cameras, 20 frames a second, 1 s: what a picture says is by the frame's number.
  LoadOptions options = For(fake, absl::Seconds(1));
  options.records = true;
  const auto result =
      RunLoad(options, {Class(Cameras(3, 20), {"a", "drop", "fail:13", "b", "c", "d", "e"})});
  ASSERT_TRUE(result.ok()) << result.status();
  const ClassStats& all = result->all;
  EXPECT_EQ(all.requests, 60);
  int64_t errors = 0;
  for (const auto& [code, count] : all.errors) errors += count;
  EXPECT_EQ(all.ok + all.dropped + all.not_sent + errors, 60) << "each has one outcome";
  EXPECT_GT(all.ok, 0);
  EXPECT_GT(all.dropped, 0);
  EXPECT_GT(all.errors.at(absl::StatusCode::kInternal), 0);
  std::set<uint64_t> numbers;
  for (const RequestRecord& record : result->stats.records) numbers.insert(record.number);
  EXPECT_EQ(numbers.size(), result->stats.records.size());
}

TEST(ScenarioLoadTest, CamerasOpenNewStreamsWhenOneBreaks) {
  FakeVision fake;
  const auto result =
      RunLoad(For(fake, absl::Seconds(1)), {Class(Cameras(1, 50), {"a", "b", "c", "end", "d"})});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->all.requests, 50);
  EXPECT_GT(result->all.ok, 0);
  EXPECT_GT(result->all.errors.at(absl::StatusCode::kUnavailable), 1) << "more than one stream";
}

TEST(ScenarioLoadTest, CamerasNeedAnEndAndMixWithRequests) {
  FakeVision fake;
  LoadOptions options;
  options.server = fake.address();
  options.requests = 10;
  EXPECT_EQ(RunLoad(options, {Class(Cameras(1, 10), {"a"})}).status().code(),
            absl::StatusCode::kInvalidArgument);
  ClassSpec single;
  single.name = "single";
  options = For(fake, absl::Milliseconds(500));
  options.requests = 25;
  const auto result =
      RunLoad(options, {Class(Cameras(1, 20), {"a"}), Class(single, {"a", "fail:3"})});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->stats.classes[0].requests, 10);
  EXPECT_EQ(result->stats.classes[1].requests, 25);
}

TEST(ScenarioLoadTest, SlowReadersTakeTheirTime) {
  FakeVision fake;
  ClassSpec slow;
  slow.name = "slow";
  slow.read_after = absl::Milliseconds(40);
  LoadOptions options;
  options.server = fake.address();
  options.requests = 20;
  options.in_flight = 10;
  options.seed = 3;
  const auto result = RunLoad(options, {Class(slow, {"a", "fail:3"})});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->all.requests, 20);
  EXPECT_GT(result->all.ok, 0);
  EXPECT_GE(result->all.sent_latency.min_ms(), 40);
  EXPECT_GT(result->all.errors.at(absl::StatusCode::kInvalidArgument), 0);
}

TEST(ScenarioLoadTest, SlowReadersMayChangeTheirMind) {
  FakeVision fake(/*holding=*/true);
  ClassSpec slow;
  slow.name = "slow";
  slow.read_after = absl::Milliseconds(20);
  slow.cancel = 1;
  slow.cancel_within = absl::Milliseconds(5);
  LoadOptions options;
  options.server = fake.address();
  options.requests = 20;
  const auto result = RunLoad(options, {Class(slow, {"a"})});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->all.cancelled_by_client, 20);
  EXPECT_TRUE(result->all.errors.empty());
}

TEST(ScenarioLoadTest, ReconnectsWithoutLosingARequest) {
  FakeVision fake;
  ClassSpec single;
  single.name = "single";
  LoadOptions options = For(fake, absl::Seconds(1));
  options.channels = 4;
  for (const double at : {0.2, 0.4, 0.6}) {
    options.events.push_back({.at = absl::Seconds(at),
                              .kind = RunEvent::Kind::kReconnect,
                              .model = "",
                              .version = "",
                              .command = "",
                              .name = "storm"});
  }
  for (const bool open : {false, true}) {
    if (open) options.arrivals.emplace().rate = 300;
    const auto result = RunLoad(options, {Class(Cameras(2, 20), {"a"}), Class(single, {"a"})});
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_EQ(result->events.size(), 3U);
    EXPECT_TRUE(result->all.errors.empty());
    EXPECT_EQ(result->all.ok + result->all.not_sent, result->all.requests);
    EXPECT_EQ(result->stats.classes[1].not_sent, 0);
  }
}

}  // namespace
}  // namespace omserve::client

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// Devices that fail and are reset, on the whole engine.
#include "server/batching/device_recovery.h"

#include "tests/unit/server/batching/batching_fixture.h"

namespace omserve {
namespace {

using absl::StatusCode;
using testing::ElementsAre;

// What fells device 0, once: the float 12345 in an input.
constexpr float kDeadly = 12345;
constexpr char kFells[] =
    R"({"task": "execute", "device": 0, "input_bytes": "00e44046", "error": 507015, "times": 1})";

class DeviceRecoveryTest : public BatchingTest {
 protected:
  static Options WithRecovery(std::vector<int> devices) {
    Options options;
    options.devices = std::move(devices);
    options.engine.recovery = true;
    return options;
  }
  // Two calls, so that one of them gets to device 0; both are answered.
  void Fell() {
    TestCall one, other;
    one.Submit(*runner_, Call(1, kDeadly));
    other.Submit(*runner_, Call(1, kDeadly));
    EXPECT_EQ(one.Values(), Doubled(1, kDeadly));
    EXPECT_EQ(other.Values(), Doubled(1, kDeadly));
  }
  bool UsesDevice0() {
    const size_t before = log_.entries().size();
    TestCall one, other;
    one.Submit(*runner_, Call(1, 1));
    other.Submit(*runner_, Call(1, 2));
    EXPECT_EQ(one.Values(), Doubled(1, 1));
    EXPECT_EQ(other.Values(), Doubled(1, 2));
    std::vector<BatchLog::Entry> entries = log_.entries();
    entries.erase(entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(before));
    return std::any_of(entries.begin(), entries.end(),
                       [](const BatchLog::Entry& entry) { return entry.device == 0; });
  }
};

TEST_F(DeviceRecoveryTest, WithoutTheOptionADeviceStaysOut) {
  Plan(kFells);
  ASSERT_NO_FATAL_FAILURE(Start({.devices = {0, 1}}));
  Fell();
  EXPECT_EQ(devices_->healthy(), 1);
  EXPECT_FALSE(engine_->recovering());
  EXPECT_FALSE(UsesDevice0());
}

TEST_F(DeviceRecoveryTest, TheOnlyDeviceIsResetAndServesAgain) {
  Plan(kFells);
  ASSERT_NO_FATAL_FAILURE(Start(WithRecovery({0})));
  TestCall fells;
  fells.Submit(*runner_, Call(1, kDeadly));
  EXPECT_EQ(fells.Wait().status().code(), StatusCode::kUnavailable);
  EXPECT_THAT(log_.WaitRecoveries(1), ElementsAre("recovered"));
  EXPECT_TRUE(devices_->device(0).healthy());
  EXPECT_FALSE(engine_->recovering());
  TestCall kept, added;
  StageCall call = Call(20, 3);
  call.keep = {0};
  kept.Submit(*runner_, std::move(call));
  EXPECT_EQ(kept.Values(), Doubled(20, 3));
  added.Submit(*runner_, AddCall(20, *kept.Wait()));
  EXPECT_EQ(added.Values(), Doubled(20, 3, 5));
}

TEST_F(DeviceRecoveryTest, RequestsRunOnTheOthersMeanwhileAndOnBothAfter) {
  Plan(kFells);
  ASSERT_NO_FATAL_FAILURE(Start(WithRecovery({0, 1})));
  Fell();
  std::vector<std::unique_ptr<TestCall>> calls;
  for (int i = 0; i < 40; ++i) {
    calls.push_back(std::make_unique<TestCall>());
    calls.back()->Submit(*runner_, Call(3, static_cast<float>(i)));
  }
  for (size_t i = 0; i < calls.size(); ++i) {
    EXPECT_EQ(calls[i]->Values(), Doubled(3, static_cast<float>(i)));
  }
  EXPECT_THAT(log_.WaitRecoveries(1), ElementsAre("recovered"));
  EXPECT_EQ(devices_->healthy(), 2);
  EXPECT_TRUE(UsesDevice0());
}

TEST_F(DeviceRecoveryTest, ADeviceThatGivesAnotherAnswerStaysOut) {
  // The start of the known input, 0.5 -0.25 1: its first run is at the load, the second after.
  Plan(std::string(kFells) +
       R"(, {"task": "execute", "device": 0, "model": "add", "nth": 2,
            "input_bytes": "0000003f000080be0000803f", "corrupt_bits": 40})");
  ASSERT_NO_FATAL_FAILURE(Start(WithRecovery({0, 1})));
  Fell();
  EXPECT_THAT(log_.WaitRecoveries(1), ElementsAre("failed"));
  EXPECT_FALSE(devices_->device(0).healthy());
  EXPECT_FALSE(UsesDevice0());
}

TEST_F(DeviceRecoveryTest, ADeviceThatIsLostForGoodStaysOut) {
  Plan(R"({"task": "execute", "device": 0, "input_bytes": "00e44046", "lost": true})");
  ASSERT_NO_FATAL_FAILURE(Start(WithRecovery({0, 1})));
  Fell();
  EXPECT_THAT(log_.WaitRecoveries(1), ElementsAre("failed"));
  EXPECT_FALSE(devices_->device(0).healthy());
  EXPECT_FALSE(UsesDevice0());
}

TEST_F(DeviceRecoveryTest, ADeviceWithWorkThatNeverEndsIsNotReset) {
  Plan(R"({"task": "execute", "device": 0, "input_bytes": "00e44046", "hang_ms": "forever"})");
  Options options = WithRecovery({0, 1});
  options.engine.scheduling.hang_least = absl::Milliseconds(200);
  ASSERT_NO_FATAL_FAILURE(Start(options));
  Fell();
  EXPECT_THAT(log_.WaitRecoveries(1), ElementsAre("stuck"));
  EXPECT_FALSE(devices_->device(0).healthy());
  EXPECT_TRUE(engine_->stuck());
  EXPECT_FALSE(UsesDevice0());
}

TEST_F(DeviceRecoveryTest, ADeviceIsResetThreeTimesInItsLife) {
  Plan(R"({"task": "execute", "input_bytes": "00e44046", "error": 507015})");
  ASSERT_NO_FATAL_FAILURE(Start(WithRecovery({0})));
  for (size_t time = 1; time <= 4; ++time) {
    TestCall fells;
    fells.Submit(*runner_, Call(1, kDeadly));
    EXPECT_EQ(fells.Wait().status().code(), StatusCode::kUnavailable);
    ASSERT_EQ(log_.WaitRecoveries(time).size(), time);
  }
  EXPECT_THAT(log_.WaitRecoveries(4),
              ElementsAre("recovered", "recovered", "recovered", "exhausted"));
  EXPECT_EQ(devices_->healthy(), 0);
}

TEST_F(DeviceRecoveryTest, WhatWasKeptOnTheDeviceBeforeIsLost) {
  Plan(kFells);
  ASSERT_NO_FATAL_FAILURE(Start(WithRecovery({0})));
  TestCall kept, fells, stranded;
  StageCall call = Call(1, 1);
  call.keep = {0};
  kept.Submit(*runner_, std::move(call));
  ASSERT_TRUE(kept.Wait().ok());
  fells.Submit(*runner_, Call(1, kDeadly));
  EXPECT_FALSE(fells.Wait().ok());
  ASSERT_THAT(log_.WaitRecoveries(1), ElementsAre("recovered"));
  const size_t in_use = devices_->device(0).memory_pool().stats().blocks_in_use;
  stranded.Submit(*runner_, AddCall(1, *kept.Wait()));
  EXPECT_EQ(stranded.Wait().status().code(), StatusCode::kUnavailable);
  EXPECT_TRUE(stranded.context.restart_asked());
  stranded.context.BeginAgain();
  kept.Wait() = absl::CancelledError("let go");
  EXPECT_EQ(devices_->device(0).memory_pool().stats().blocks_in_use, in_use);
}

TEST_F(DeviceRecoveryTest, AModelEndsWhileItsDeviceIsOut) {
  Plan(R"({"task": "execute", "device": 0, "input_bytes": "00e44046", "lost": true})");
  ASSERT_NO_FATAL_FAILURE(Start(WithRecovery({0, 1})));
  Fell();
  runner_->Stop(absl::Now() + kTestLimit);
  runner_.reset();
  EXPECT_THAT(log_.WaitRecoveries(1), ElementsAre("failed"));
}

}  // namespace
}  // namespace omserve

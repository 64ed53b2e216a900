// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/server/batching/batching_fixture.h"

namespace omserve {
namespace {

using absl::StatusCode;

TEST_F(BatchingTest, AnItemPastItsDeadlineNeverRuns) {
  ASSERT_NO_FATAL_FAILURE(Start({}));
  TestCall late(absl::Now() - absl::Seconds(1));
  late.Submit(*runner_, Call(1, 1));
  EXPECT_EQ(late.Wait().status().code(), StatusCode::kDeadlineExceeded);
  EXPECT_EQ(AclPlanRuns(), 0);
}

TEST_F(BatchingTest, ADeadlineThatPassesInTheQueueEndsTheCall) {
  ASSERT_NO_FATAL_FAILURE(Start({}));
  TestCall blocker, late(absl::Now() + absl::Milliseconds(20)), fine;
  ASSERT_NO_FATAL_FAILURE(Block(blocker));
  late.Submit(*runner_, Call(1, 1));
  fine.Submit(*runner_, Call(1, 2));
  Signal never;
  never.Wait(late.context.deadline() - absl::Now());
  AclPlanRelease();
  EXPECT_EQ(late.Wait().status().code(), StatusCode::kDeadlineExceeded);
  EXPECT_EQ(fine.Values(), Doubled(1, 2));
  EXPECT_EQ(log_.entries().size(), 2u);
}

TEST_F(BatchingTest, ACancelledCallNeverRuns) {
  ASSERT_NO_FATAL_FAILURE(Start({}));
  TestCall blocker, gone, fine;
  ASSERT_NO_FATAL_FAILURE(Block(blocker));
  gone.Submit(*runner_, Call(3, 1));
  fine.Submit(*runner_, Call(1, 2));
  runner_->Cancel(gone.context);
  EXPECT_EQ(gone.Wait().status().code(), StatusCode::kCancelled);  // at once
  AclPlanRelease();
  EXPECT_EQ(gone.Wait().status().code(), StatusCode::kCancelled);
  EXPECT_EQ(fine.Values(), Doubled(1, 2));
  EXPECT_EQ(log_.entries().back().items, 1);
}

TEST_F(BatchingTest, AFullQueueRefusesAtOnce) {
  ASSERT_NO_FATAL_FAILURE(Start({.max_queue_items = 4}));
  TestCall blocker, first, second, third;
  ASSERT_NO_FATAL_FAILURE(Block(blocker));
  first.Submit(*runner_, Call(3, 1));
  second.Submit(*runner_, Call(2, 1));
  EXPECT_EQ(second.Wait().status().code(), StatusCode::kResourceExhausted);
  third.Submit(*runner_, Call(1, 9));
  EXPECT_FALSE(first.done());
  AclPlanRelease();
  EXPECT_EQ(first.Values(), Doubled(3, 1));
  EXPECT_EQ(third.Values(), Doubled(1, 9));
}

TEST_F(BatchingTest, AFaultOfTheDeviceIsTriedOnceMore) {
  ASSERT_NO_FATAL_FAILURE(Start({}));
  AclPlanFail(507011, 1);
  TestCall once, twice, fine;
  once.Submit(*runner_, Call(2, 1));
  EXPECT_EQ(once.Values(), Doubled(2, 1));
  AclPlanFail(507011, 2);
  twice.Submit(*runner_, Call(2, 1));
  EXPECT_EQ(twice.Wait().status().code(), StatusCode::kUnavailable);
  EXPECT_THAT(std::string(twice.Wait().status().message()), ::testing::HasSubstr("507011"));
  EXPECT_TRUE(devices_->device(0).healthy());
  fine.Submit(*runner_, Call(2, 1));
  EXPECT_EQ(fine.Values(), Doubled(2, 1));
}

TEST_F(BatchingTest, AFaultInOnePartFailsTheWholeCall) {
  ASSERT_NO_FATAL_FAILURE(Start({}));
  AclPlanFail(507011, 2);
  TestCall failed;
  failed.Submit(*runner_, Call(100, 1));
  EXPECT_EQ(failed.Wait().status().code(), StatusCode::kUnavailable);
  EXPECT_LT(AclPlanRuns(), 13);  // the rest was not run in vain
}

TEST_F(BatchingTest, OnlyTheGuiltyItemOfABatchIsAnsweredWithItsError) {
  // 145000 (a bad parameter) for every execution with the float 12345 in an input.
  Plan(R"({"task": "execute", "input_bytes": "00e44046", "error": 145000})");
  ASSERT_NO_FATAL_FAILURE(Start({}));
  TestCall blocker, before, guilty, after;
  ASSERT_NO_FATAL_FAILURE(Block(blocker));
  before.Submit(*runner_, Call(2, 10));
  guilty.Submit(*runner_, Call(1, 12345));
  after.Submit(*runner_, Call(3, 20));
  AclPlanRelease();
  EXPECT_EQ(before.Values(), Doubled(2, 10));
  EXPECT_EQ(after.Values(), Doubled(3, 20));
  EXPECT_EQ(guilty.Wait().status().code(), StatusCode::kInvalidArgument);
  EXPECT_TRUE(devices_->device(0).healthy());
  EXPECT_THAT(log_.ends(), ::testing::Contains("input_fault"));
}

TEST_F(BatchingTest, WhatRanOnALostDeviceRunsOnceMoreElsewhere) {
  ASSERT_NO_FATAL_FAILURE(Start({.devices = {0, 1}}));
  AclPlanFail(507015, 1);
  TestCall moved, after;
  moved.Submit(*runner_, Call(3, 1));
  EXPECT_EQ(moved.Values(), Doubled(3, 1));
  EXPECT_EQ(devices_->healthy(), 1);
  after.Submit(*runner_, Call(1, 1));
  EXPECT_EQ(after.Values(), Doubled(1, 1));
}

TEST_F(BatchingTest, ARequestThatFellsTwoDevicesIsNotTriedAThirdTime) {
  Plan(R"({"task": "execute", "input_bytes": "00e44046", "error": 507015})");
  ASSERT_NO_FATAL_FAILURE(Start({.devices = {0, 1}}));
  TestCall poison;
  poison.Submit(*runner_, Call(1, 12345));
  EXPECT_EQ(poison.Wait().status().code(), StatusCode::kInternal);
  EXPECT_EQ(devices_->healthy(), 0);
  EXPECT_THAT(log_.ends(), ::testing::Contains("poison"));
}

TEST_F(BatchingTest, ADeviceThatHangsIsGivenUpAndItsItemsRunElsewhere) {
  Plan(R"({"task": "execute", "device": 0, "input_bytes": "00e44046", "hang_ms": "forever"})");
  EngineOptions engine = OneAhead();
  engine.scheduling.hang_least = absl::Milliseconds(200);
  ASSERT_NO_FATAL_FAILURE(Start({.devices = {0, 1}, .engine = engine}));
  TestCall hangs, other;  // so that one of them gets to device 0
  hangs.Submit(*runner_, Call(1, 12345));
  other.Submit(*runner_, Call(1, 12345));
  EXPECT_EQ(hangs.Values(), Doubled(1, 12345));
  EXPECT_EQ(other.Values(), Doubled(1, 12345));
  EXPECT_EQ(devices_->healthy(), 1);
  EXPECT_FALSE(devices_->device(0).healthy());
}

TEST_F(BatchingTest, WithoutAHealthyDeviceCallsAreUnavailable) {
  ASSERT_NO_FATAL_FAILURE(Start({}));
  AclPlanFail(507014, 1);
  TestCall blocker, waiting, after;
  ASSERT_NO_FATAL_FAILURE(Block(blocker));
  waiting.Submit(*runner_, Call(8, 1));
  AclPlanRelease();
  EXPECT_EQ(blocker.Wait().status().code(), StatusCode::kUnavailable);
  (void)waiting.Wait();  // it ran or it was refused, but it ended
  after.Submit(*runner_, Call(1, 1));
  EXPECT_EQ(after.Wait().status().code(), StatusCode::kUnavailable);
}

TEST_F(BatchingTest, RepeatedFaultsGiveTheDeviceUp) {
  ASSERT_NO_FATAL_FAILURE(Start({}));
  AclPlanFail(507011, 3);
  for (int i = 0; i < 2; ++i) {  // the first fails twice, the second once
    TestCall failed;
    failed.Submit(*runner_, Call(1, 1));
    EXPECT_EQ(failed.Wait().status().code(), StatusCode::kUnavailable);
  }
  EXPECT_FALSE(devices_->device(0).healthy());
}

TEST_F(BatchingTest, ARequestWhoseTensorsAreLostIsToBeginAgain) {
  ASSERT_NO_FATAL_FAILURE(Start({.devices = {0, 1}}));
  TestCall kept, stranded;
  StageCall call = Call(1, 1);
  call.keep = {0};
  kept.Submit(*runner_, std::move(call));
  ASSERT_TRUE(kept.Wait().ok());
  AclPlanFail(507015, 1);
  stranded.Submit(*runner_, AddCall(1, *kept.Wait()));
  EXPECT_EQ(stranded.Wait().status().code(), StatusCode::kUnavailable);
  EXPECT_TRUE(stranded.context.restart_asked());
  EXPECT_TRUE(stranded.context.suspect());
  stranded.context.BeginAgain();
  EXPECT_EQ(devices_->healthy(), 1);
}

TEST_F(BatchingTest, ACallOnTheDeviceIsAnsweredAtItsDeadline) {
  ASSERT_NO_FATAL_FAILURE(Start({}));
  AclPlanHold();
  TestCall late(absl::Now() + absl::Milliseconds(50)), fine;
  late.Submit(*runner_, Call(3, 1));
  ASSERT_TRUE(AclPlanWaitRuns(1));
  EXPECT_EQ(late.Wait().status().code(), StatusCode::kDeadlineExceeded);
  AclPlanRelease();
  fine.Submit(*runner_, Call(3, 7));
  EXPECT_EQ(fine.Values(), Doubled(3, 7));
}

TEST_F(BatchingTest, WhoCannotEndInTimeIsRefusedAtTheDoor) {
  ASSERT_NO_FATAL_FAILURE(Start({}));
  TestCall blocker, waiting;
  ASSERT_NO_FATAL_FAILURE(Block(blocker));
  waiting.Submit(*runner_, Call(800, 1));  // 100 batches of 14 ms
  RequestContext hasty(Clock::Real(), absl::Now() + absl::Milliseconds(50));
  const Admitted refused = runner_->Admit(hasty, 100);
  EXPECT_EQ(refused.status.code(), StatusCode::kResourceExhausted);
  EXPECT_GT(refused.retry_after, absl::Milliseconds(50));
  RequestContext patient(Clock::Real(), absl::Now() + absl::Minutes(1));
  EXPECT_TRUE(runner_->Admit(patient, 100).status.ok());
  runner_->Leave(patient, false);
  RequestContext too_large(Clock::Real(), absl::InfiniteFuture());
  EXPECT_EQ(runner_->Admit(too_large, int64_t{1} << 40).status.code(),
            StatusCode::kResourceExhausted);
  runner_->Cancel(waiting.context);
  AclPlanRelease();
}

TEST_F(BatchingTest, StopEndsWhatIsQueuedAndRefusesTheRest) {
  ASSERT_NO_FATAL_FAILURE(Start({}));
  TestCall blocker, queued, after;
  ASSERT_NO_FATAL_FAILURE(Block(blocker));
  queued.Submit(*runner_, Call(4, 1));
  Thread stopper("stopper", [this] { runner_->Stop(absl::InfinitePast()); });
  EXPECT_EQ(queued.Wait().status().code(), StatusCode::kUnavailable);
  after.Submit(*runner_, Call(1, 1));
  EXPECT_EQ(after.Wait().status().code(), StatusCode::kUnavailable);
  AclPlanRelease();
  stopper.Join();
  EXPECT_EQ(blocker.Wait().status().code(), StatusCode::kUnavailable);
}

TEST_F(BatchingTest, StopLetsWorkEndUntilTheDeadline) {
  ASSERT_NO_FATAL_FAILURE(Start({}));
  TestCall call;
  call.Submit(*runner_, Call(500, 1));
  runner_->Stop(absl::Now() + kTestLimit);
  EXPECT_TRUE(call.done());
  EXPECT_EQ(call.Values(), Doubled(500, 1));
}

}  // namespace
}  // namespace omserve

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
  gone.context.Cancel();
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

TEST_F(BatchingTest, AFaultFailsItsBatchOnly) {
  ASSERT_NO_FATAL_FAILURE(Start({}));
  AclPlanFail(507011, 1);
  TestCall failed, fine;
  failed.Submit(*runner_, Call(2, 1));
  EXPECT_EQ(failed.Wait().status().code(), StatusCode::kUnavailable);
  EXPECT_THAT(std::string(failed.Wait().status().message()), ::testing::HasSubstr("507011"));
  EXPECT_TRUE(devices_->device(0).healthy());
  fine.Submit(*runner_, Call(2, 1));
  EXPECT_EQ(fine.Values(), Doubled(2, 1));
}

TEST_F(BatchingTest, AFaultInOnePartFailsTheWholeCall) {
  ASSERT_NO_FATAL_FAILURE(Start({}));
  AclPlanFail(507011, 1);
  TestCall failed;
  failed.Submit(*runner_, Call(100, 1));
  EXPECT_EQ(failed.Wait().status().code(), StatusCode::kUnavailable);
  EXPECT_LT(AclPlanRuns(), 13);  // the rest was not run in vain
}

TEST_F(BatchingTest, ALostDeviceIsLeftAndTheOtherGoesOn) {
  ASSERT_NO_FATAL_FAILURE(Start({.devices = {0, 1}}));
  AclPlanFail(507015, 1);
  TestCall failed, elsewhere;
  failed.context.set_device(0);
  failed.Submit(*runner_, Call(1, 1));
  EXPECT_EQ(failed.Wait().status().code(), StatusCode::kUnavailable);
  EXPECT_FALSE(devices_->device(0).healthy());
  EXPECT_EQ(devices_->healthy(), 1);
  elsewhere.context.set_device(0);
  elsewhere.Submit(*runner_, Call(1, 1));
  EXPECT_EQ(elsewhere.Values(), Doubled(1, 1));
  EXPECT_EQ(elsewhere.context.device(), 1);
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
  for (int i = 0; i < 3; ++i) {
    TestCall failed;
    failed.Submit(*runner_, Call(1, 1));
    EXPECT_EQ(failed.Wait().status().code(), StatusCode::kUnavailable);
  }
  EXPECT_FALSE(devices_->device(0).healthy());
}

TEST_F(BatchingTest, ADeviceTensorOfALostDeviceCannotGoOn) {
  ASSERT_NO_FATAL_FAILURE(Start({.devices = {0, 1}}));
  TestCall kept, stranded;
  StageCall call = Call(1, 1);
  call.keep = {0};
  kept.Submit(*runner_, std::move(call));
  ASSERT_TRUE(kept.Wait().ok());
  devices_->device(static_cast<size_t>(kept.context.device()))
      .MarkUnhealthy(absl::UnavailableError("on plan"));
  stranded.Submit(*runner_, AddCall(1, *kept.Wait()));
  EXPECT_EQ(stranded.Wait().status().code(), StatusCode::kUnavailable);
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
  EXPECT_EQ(blocker.Values(), Doubled(1, 0));  // what runs is waited for
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

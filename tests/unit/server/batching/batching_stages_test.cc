// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// Stages behind stages: promises, moves between devices, cuts.
#include "tests/unit/server/batching/batching_fixture.h"

namespace omserve {
namespace {

TEST_F(BatchingTest, AStageCanStartOnWhatAnotherOneWillLeave) {
  for (const int64_t items : {1, 3, 8, 21}) {
    ASSERT_NO_FATAL_FAILURE(Start({.engine = {}}));
    TestCall first, second;
    AclPlanHold();
    StageCall call = Call(items, 5);
    call.keep = {0};
    const StagePromise promise = first.Submit(*runner_, std::move(call));
    ASSERT_EQ(promise.size(), 1u);
    second.SubmitFor(first.context, *runner_, AddCall(items, promise));
    EXPECT_FALSE(first.done());
    AclPlanRelease();
    EXPECT_EQ(first.Values(), Doubled(items, 5));
    EXPECT_EQ(second.Values(), Doubled(items, 5, 5));
    TearDown();
  }
}

TEST_F(BatchingTest, WhoWaitsForAPromiseEndsAsItsStageDoes) {
  ASSERT_NO_FATAL_FAILURE(Start({}));
  AclPlanFail(507011, 2);
  AclPlanHold();
  TestCall first, second, late;
  StageCall call = Call(1, 5);
  call.keep = {0};
  const StagePromise promise = first.Submit(*runner_, std::move(call));
  second.SubmitFor(first.context, *runner_, AddCall(1, promise));
  AclPlanRelease();
  EXPECT_EQ(first.Wait().status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(second.Wait().status().code(), absl::StatusCode::kUnavailable);
  late.SubmitFor(first.context, *runner_, AddCall(1, promise));  // it will never be kept
  EXPECT_EQ(late.Wait().status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(BatchingTest, RowsMoveToTheDeviceThatTheNextStageIsOn) {
  ASSERT_NO_FATAL_FAILURE(Start({.devices = {0, 1}, .add_devices = {1}}));
  int moved = 0;
  for (int i = 0; i < 4; ++i) {
    TestCall first, second;
    StageCall call = Call(3, 5);
    call.keep = {0};
    first.Submit(*runner_, std::move(call));
    ASSERT_TRUE(first.Wait().ok());
    if (first.context.device() == 0) ++moved;
    second.Submit(*runner_, AddCall(3, *first.Wait()));
    EXPECT_EQ(second.Values(), Doubled(3, 5, 5));
    EXPECT_EQ(second.context.device(), 1);
  }
  EXPECT_GT(moved, 0);
}

TEST_F(BatchingTest, ItemsAboveTheLimitOfARequestAreCutAndCounted) {
  ASSERT_NO_FATAL_FAILURE(Start({.max_items_per_request = 10}));
  TestCall call, fits;
  call.Submit(*runner_, Call(25, 1));
  EXPECT_EQ(call.Values(), Doubled(10, 1));
  EXPECT_EQ(call.Wait()->items_cut, 15);
  fits.Submit(*runner_, Call(10, 1));
  EXPECT_EQ(fits.Values(), Doubled(10, 1));
  EXPECT_EQ(fits.Wait()->items_cut, 0);
}

TEST_F(BatchingTest, PlainBatchingSharesNothing) {
  EngineOptions engine = OneAhead();
  engine.plain = true;
  ASSERT_NO_FATAL_FAILURE(Start({.engine = engine}));
  TestCall blocker, a, b;
  ASSERT_NO_FATAL_FAILURE(Block(blocker));
  a.Submit(*runner_, Call(2, 10));
  b.Submit(*runner_, Call(1, 20));
  AclPlanRelease();
  EXPECT_EQ(a.Values(), Doubled(2, 10));
  EXPECT_EQ(b.Values(), Doubled(1, 20));
  for (const auto& entry : log_.entries()) EXPECT_EQ(entry.calls, 1);
}

TEST_F(BatchingTest, AStageOnAnUnknownDeviceIsRefused) {
  auto set =
      DeviceSet::Create({.library_path = ACL_LIBRARY, .config_path = ""}, {0}, Clock::Real());
  ASSERT_TRUE(set.ok()) << set.status();
  StageSpec spec;
  spec.name = "double";
  spec.om_path = Write("there", hostacl::testing::LinearOm({.gears = {1}, .width = kWidth}));
  spec.devices = {1};
  EXPECT_EQ(LoadedStage::Load(spec, **set).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace omserve

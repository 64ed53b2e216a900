// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/server/batching/batching_fixture.h"

namespace omserve {
namespace {

TEST_F(BatchingTest, ALoneItemRunsAtOnceInTheSmallestGear) {
  ASSERT_NO_FATAL_FAILURE(Start({}));
  TestCall call;
  call.Submit(*runner_, Call(1, 3));
  EXPECT_EQ(call.Values(), Doubled(1, 3));
  const auto entries = log_.entries();
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].gear, 1);
  EXPECT_EQ(entries[0].padding, 0);
}

TEST_F(BatchingTest, ItemsOfSeveralRequestsShareABatch) {
  ASSERT_NO_FATAL_FAILURE(Start({}));
  TestCall blocker, a, b, c;
  ASSERT_NO_FATAL_FAILURE(Block(blocker));
  a.Submit(*runner_, Call(2, 10));
  b.Submit(*runner_, Call(3, 20));
  c.Submit(*runner_, Call(1, 30));
  EXPECT_EQ(runner_->queued_items(), 6);
  AclPlanRelease();
  EXPECT_EQ(a.Values(), Doubled(2, 10));
  EXPECT_EQ(b.Values(), Doubled(3, 20));
  EXPECT_EQ(c.Values(), Doubled(1, 30));
  const auto entries = log_.entries();
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[1].gear, 8);
  EXPECT_EQ(entries[1].items, 6);
  EXPECT_EQ(entries[1].padding, 2);
  EXPECT_EQ(entries[1].calls, 3);
}

TEST_F(BatchingTest, TakesTheSmallestGearThatFits) {
  ASSERT_NO_FATAL_FAILURE(Start({}));
  for (const auto& [items, gear] :
       std::vector<std::pair<int, int>>{{1, 1}, {2, 4}, {4, 4}, {5, 8}, {8, 8}}) {
    TestCall call;
    call.Submit(*runner_, Call(items, 1));
    EXPECT_EQ(call.Values(), Doubled(items, 1));
    EXPECT_EQ(log_.entries().back().gear, gear);
    EXPECT_EQ(log_.entries().back().padding, gear - items);
  }
}

TEST_F(BatchingTest, AStaticModelIsPaddedToItsBatch) {
  ASSERT_NO_FATAL_FAILURE(Start({.gears = {}}));
  TestCall call;
  call.Submit(*runner_, Call(3, 1));
  EXPECT_EQ(call.Values(), Doubled(3, 1));
  EXPECT_EQ(call.context.timings().at(0).batches, 3);
}

TEST_F(BatchingTest, NoItemsGiveEmptyOutputsWithoutADevice) {
  ASSERT_NO_FATAL_FAILURE(Start({}));
  TestCall call;
  StageCall empty;
  empty.stage = "double";
  empty.fetch = {0};
  empty.keep = {0};
  call.Submit(*runner_, std::move(empty));
  ASSERT_TRUE(call.Wait().ok());
  EXPECT_THAT(call.Wait()->outputs[0].host.shape(), ::testing::ElementsAre(0, kWidth));
  EXPECT_NE(call.Wait()->outputs[0].device, nullptr);
  EXPECT_EQ(AclPlanRuns(), 0);
}

TEST_F(BatchingTest, MoreThanTheLargestGearIsSplitAndPutTogetherInOrder) {
  for (const int instances : {1, 2}) {
    ASSERT_NO_FATAL_FAILURE(Start({.instances = instances}));
    TestCall call;
    call.Submit(*runner_, Call(1003, 1));
    EXPECT_EQ(call.Values(), Doubled(1003, 1));
    ASSERT_EQ(call.context.timings().size(), 1u);
    // The rest may be cheaper in more than one gear.
    EXPECT_GE(call.context.timings()[0].batches, 126);
    EXPECT_LE(call.context.timings()[0].batches, 132);
    TearDown();
  }
}

TEST_F(BatchingTest, HeapMemoryIsCopiedToPageLockedMemoryFirst) {
  ASSERT_NO_FATAL_FAILURE(Start({}));
  TestCall call;
  call.Submit(*runner_, Call(3, 7, TensorAllocator::Heap()));
  EXPECT_EQ(call.Values(), Doubled(3, 7));
}

TEST_F(BatchingTest, ARequestGoesOnWhereItsTensorsAre) {
  ASSERT_NO_FATAL_FAILURE(Start({.devices = {0, 1}}));
  for (int i = 0; i < 4; ++i) {
    TestCall first, second;
    StageCall call = Call(1, 1);
    call.keep = {0};
    first.Submit(*runner_, std::move(call));
    ASSERT_TRUE(first.Wait().ok()) << first.Wait().status();
    second.Submit(*runner_, AddCall(1, *first.Wait()));
    EXPECT_EQ(second.Values(), Doubled(1, 1, 5));
    EXPECT_EQ(second.context.device(), first.context.device());
  }
}

TEST_F(BatchingTest, ANewRequestGoesToTheDeviceWithLeastWork) {
  ASSERT_NO_FATAL_FAILURE(Start({.devices = {0, 1}}));
  TestCall blocker, other;
  ASSERT_NO_FATAL_FAILURE(Block(blocker));
  other.Submit(*runner_, Call(1, 1));
  EXPECT_TRUE(AclPlanWaitRuns(2));  // the other device took it while the first one was held
  AclPlanRelease();
  EXPECT_EQ(other.Values(), Doubled(1, 1));
  EXPECT_NE(blocker.context.device(), other.context.device());
}

TEST_F(BatchingTest, WhatIsKeptGoesOnByPointer) {
  ASSERT_NO_FATAL_FAILURE(Start({}));
  for (const int64_t items : {4, 3, 8}) {
    TestCall first, second;
    StageCall call = Call(items, 5);
    call.fetch = {};
    call.keep = {0};
    first.Submit(*runner_, std::move(call));
    ASSERT_TRUE(first.Wait().ok()) << first.Wait().status();
    EXPECT_FALSE(first.Wait()->outputs[0].host.has_value());
    const size_t before = devices_->device(0).memory_pool().stats().blocks_in_use;
    EXPECT_GT(before, 0u);
    second.Submit(*runner_, AddCall(items, *first.Wait()));
    EXPECT_EQ(second.Values(), Doubled(items, 5, 5));
  }
}

TEST_F(BatchingTest, WhatIsKeptIsGatheredWhenRequestsMix) {
  ASSERT_NO_FATAL_FAILURE(Start({}));
  TestCall kept_a, kept_b, blocker, a, b;
  for (auto [call, items, first] : {std::tuple{&kept_a, 2, 10.0f}, std::tuple{&kept_b, 3, 20.0f}}) {
    StageCall made = Call(items, first);
    made.fetch = {};
    made.keep = {0};
    call->Submit(*runner_, std::move(made));
    ASSERT_TRUE(call->Wait().ok());
  }
  AclPlanReset();
  ASSERT_NO_FATAL_FAILURE(Block(blocker));
  a.Submit(*runner_, AddCall(2, *kept_a.Wait()));
  b.Submit(*runner_, AddCall(3, *kept_b.Wait()));
  AclPlanRelease();
  EXPECT_EQ(a.Values(), Doubled(2, 10, 5));
  EXPECT_EQ(b.Values(), Doubled(3, 20, 5));
  EXPECT_EQ(log_.entries().back().calls, 2);
}

TEST_F(BatchingTest, WhatIsKeptOfASplitCallIsPutTogether) {
  ASSERT_NO_FATAL_FAILURE(Start({.instances = 2}));
  TestCall first, second;
  StageCall call = Call(21, 1);
  call.keep = {0};
  first.Submit(*runner_, std::move(call));
  EXPECT_EQ(first.Values(), Doubled(21, 1));
  second.Submit(*runner_, AddCall(21, *first.Wait()));
  EXPECT_EQ(second.Values(), Doubled(21, 1, 5));
}

TEST_F(BatchingTest, LaterStagesGoFirst) {
  ASSERT_NO_FATAL_FAILURE(Start({}));
  TestCall kept, blocker, early, late;
  StageCall call = Call(1, 1);
  call.keep = {0};
  kept.Submit(*runner_, std::move(call));
  ASSERT_TRUE(kept.Wait().ok());
  AclPlanReset();
  ASSERT_NO_FATAL_FAILURE(Block(blocker));
  early.Submit(*runner_, Call(1, 1));
  late.Submit(*runner_, AddCall(1, *kept.Wait()));
  AclPlanRelease();
  EXPECT_EQ(early.Values(), Doubled(1, 1));
  EXPECT_EQ(late.Values(), Doubled(1, 1, 5));
  const auto entries = log_.entries();
  ASSERT_EQ(entries.size(), 4u);
  EXPECT_EQ(entries[2].stage, "add");
  EXPECT_EQ(entries[3].stage, "double");
}

TEST_F(BatchingTest, TimingsAreAddedBeforeDone) {
  ASSERT_NO_FATAL_FAILURE(Start({}));
  TestCall call;
  call.Submit(*runner_, Call(3, 1));
  ASSERT_TRUE(call.Wait().ok());
  ASSERT_EQ(call.context.timings().size(), 1u);
  const StageTiming timing = call.context.timings()[0];
  EXPECT_EQ(timing.stage, "double");
  EXPECT_EQ(timing.device, 0);
  EXPECT_EQ(timing.batch_size, 3);
  EXPECT_EQ(timing.padding, 1);
  EXPECT_EQ(timing.batches, 1);
  EXPECT_GE(timing.queue, absl::ZeroDuration());
  EXPECT_GT(timing.execute, absl::ZeroDuration());
}

TEST_F(BatchingTest, RefusesWhatDoesNotFitTheStage) {
  ASSERT_NO_FATAL_FAILURE(Start({}));
  const auto code_of = [this](StageCall call) {
    TestCall test;
    test.Submit(*runner_, std::move(call));
    return test.Wait().status().code();
  };
  StageCall unknown = Call(1, 1);
  unknown.stage = "nothing";
  EXPECT_EQ(code_of(std::move(unknown)), absl::StatusCode::kNotFound);
  StageCall fetch = Call(1, 1);
  fetch.fetch = {1};
  EXPECT_EQ(code_of(std::move(fetch)), absl::StatusCode::kInvalidArgument);
  StageCall more = Call(1, 1);
  more.items = 2;
  EXPECT_EQ(code_of(std::move(more)), absl::StatusCode::kInvalidArgument);
  StageCall dtype = Call(1, 1);
  dtype.inputs[0].host = runner_->allocator().Allocate(DType::kInt32, {1, kWidth});
  EXPECT_EQ(code_of(std::move(dtype)), absl::StatusCode::kInvalidArgument);
  StageCall none = Call(1, 1);
  none.inputs.clear();
  EXPECT_EQ(code_of(std::move(none)), absl::StatusCode::kInvalidArgument);
  StageCall negative = Call(1, 1);
  negative.items = -1;
  EXPECT_EQ(code_of(std::move(negative)), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace omserve

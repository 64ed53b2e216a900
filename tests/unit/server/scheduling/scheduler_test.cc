// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/scheduling/scheduler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/server/scheduling/scheduler_fixture.h"

namespace omserve::scheduling {
namespace {

using absl::Milliseconds;
using testing::ElementsAre;
using testing::SizeIs;

TEST_F(SchedulerTest, AnIdleDeviceTakesWhatThereIsAtOnce) {
  Make(1, {{"p", 1, {Stage({1, 8})}}});
  const JobId job = Submit(1);
  const auto batches = Advance();
  ASSERT_THAT(batches, SizeIs(1));
  EXPECT_EQ(batches[0].gear, 1);
  EXPECT_THAT(JobsOf(batches[0]), ElementsAre(job));
  EXPECT_FALSE(ended(job));
  Complete(batches[0]);
  EXPECT_THAT(Advance(), SizeIs(0));
  EXPECT_EQ(reason(job), EndReason::kDone);
  EXPECT_EQ(scheduler_->jobs(), 0);
}

TEST_F(SchedulerTest, ABatchHasItemsOfManyJobsAndALargeJobManyBatches) {
  Make(1, {{"p", 1, {Stage({4})}}});
  const JobId a = Submit(3), b = Submit(10), c = Submit(2);
  const auto batches = Drain();
  ASSERT_THAT(batches, SizeIs(4));
  int64_t items = 0;
  for (const ScheduledBatch& batch : batches) items += batch.items;
  EXPECT_EQ(items, 15);
  EXPECT_GT(batches[0].segments.size(), 1u);
  for (const JobId job : {a, b, c}) EXPECT_EQ(reason(job), EndReason::kDone);
  EXPECT_EQ(scheduler_->counters(0).items, 15);
  EXPECT_EQ(scheduler_->counters(0).padding, 1);
}

TEST_F(SchedulerTest, AJobWithoutItemsEndsAtOnce) {
  Make(1, {{"p", 1, {Stage({4})}}});
  const JobId job = Submit(0);
  EXPECT_THAT(Advance(), SizeIs(0));
  EXPECT_EQ(reason(job), EndReason::kDone);
}

TEST_F(SchedulerTest, WhatIsAboveTheLimitOfARequestIsCutAndReported) {
  StageSpec stage = Stage({4});
  stage.max_items_per_request = 3;
  Make(1, {{"p", 1, {stage}}});
  const Submitted submitted = scheduler_->Submit(Spec(10), now_);
  EXPECT_EQ(submitted.items_cut, 7);
  const auto batches = Drain();
  ASSERT_THAT(batches, SizeIs(1));
  EXPECT_EQ(batches[0].items, 3);
  EXPECT_EQ(reason(submitted.job), EndReason::kDone);
}

TEST_F(SchedulerTest, AFullQueueRefusesWithAHint) {
  StageSpec stage = Stage({4});
  stage.max_queue_items = 10;
  Make(1, {{"p", 1, {stage}}});
  Submit(20);  // too large for any queue: gets into an empty one
  const Submitted refused = scheduler_->Submit(Spec(1), now_);
  EXPECT_EQ(refused.status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_GT(refused.retry_after, absl::ZeroDuration());
  EXPECT_EQ(refused.job, 0);
  Drain();
  Submit(10);
  EXPECT_FALSE(scheduler_->Submit(Spec(1), now_).status.ok());
}

TEST_F(SchedulerTest, RefusesWhatMakesNoSense) {
  Make(2, {{"p", 1, {Stage({4})}}});
  JobSpec no_request = Spec(1);
  no_request.request = 0;
  JobSpec pinned_nowhere = Spec(1);
  pinned_nowhere.affinity = Affinity::kPinned;
  pinned_nowhere.device = 2;
  JobSpec spread_pinned = Spec(1);
  spread_pinned.affinity = Affinity::kPinned;
  spread_pinned.device = 0;
  spread_pinned.spread = true;
  JobSpec after_other = Spec(1);
  after_other.after = Submit(1);
  for (const JobSpec& bad : {Spec(-1), Spec(1, 1), Spec(1, -1), no_request, pinned_nowhere,
                             spread_pinned, after_other}) {
    EXPECT_EQ(scheduler_->Submit(bad, now_).status.code(), absl::StatusCode::kInvalidArgument);
  }
  EXPECT_EQ(scheduler_->jobs(), 1);
}

TEST_F(SchedulerTest, WhileTheDeviceIsBusyTheNextBatchIsBoundLate) {
  Make(1, {{"p", 1, {Stage({1, 8})}}});
  Submit(8);
  const auto first = Advance();
  ASSERT_THAT(first, SizeIs(1));
  Submit(1);
  EXPECT_THAT(Advance(), SizeIs(0));
  EXPECT_LT(wake_, now_ + first[0].expected);
  EXPECT_GT(wake_, now_ + first[0].expected / 2);
  now_ = wake_ - Milliseconds(1);
  Submit(2);  // came in time for the batch
  EXPECT_THAT(Advance(), SizeIs(0));
  now_ = wake_;
  const auto second = Advance();
  ASSERT_THAT(second, SizeIs(1));
  EXPECT_EQ(second[0].items, 3);
}

TEST_F(SchedulerTest, ALaneHasNoMoreThanItsSlots) {
  SchedulerOptions options;
  options.lead = absl::Hours(1);  // nothing is held back
  Make(1, {{"p", 1, {Stage({1})}}}, options);
  Submit(10);
  auto batches = Advance();
  ASSERT_THAT(batches, SizeIs(2));
  Run(batches[0]);
  auto third = Advance();
  ASSERT_THAT(third, SizeIs(1));
  Run(batches[1]);
  EXPECT_THAT(Advance(), SizeIs(0)) << "three have not ended";
  End(batches[0]);
  EXPECT_THAT(Advance(), SizeIs(1));
}

TEST_F(SchedulerTest, FreeJobsGoToTheDeviceThatIsFreeFirst) {
  Make(2, {{"p", 1, {Stage({1})}}});
  Submit(1);
  Submit(1);
  const auto batches = Advance();
  ASSERT_THAT(batches, SizeIs(2));
  EXPECT_NE(batches[0].device, batches[1].device);
  Submit(1);
  EXPECT_THAT(Advance(), SizeIs(0));
  Pass(Milliseconds(1));
  Run(batches[1]);
  End(batches[1]);
  const auto next = Advance();
  ASSERT_THAT(next, SizeIs(1));
  EXPECT_EQ(next[0].device, batches[1].device);
}

TEST_F(SchedulerTest, AnIdleDeviceGoesBeforeABusyOneThatCouldHaveANextBatch) {
  SchedulerOptions options;
  options.lead = absl::Hours(1);  // nothing is held back
  Make(2, {{"p", 1, {Stage({1})}}}, options);
  std::vector<ScheduledBatch> running;
  for (const DeviceId device : {0, 1}) {
    JobSpec pinned = Spec(1);
    pinned.affinity = Affinity::kPinned;
    pinned.device = device;
    Submit(pinned);
    running.push_back(Advance().at(0));
  }
  End(running[1]);
  Advance();
  Submit(1);
  const auto batches = Advance();
  ASSERT_THAT(batches, SizeIs(1));
  EXPECT_EQ(batches[0].device, 1);
}

TEST_F(SchedulerTest, PinnedJobsStayAndOthersKeepTheirFirstDevice) {
  Make(2, {{"p", 1, {Stage({4})}}});
  JobSpec pinned = Spec(4);
  pinned.affinity = Affinity::kPinned;
  pinned.device = 1;
  Submit(pinned);
  pinned.request = ++last_request_;
  Submit(pinned);
  const auto batches = Advance();
  ASSERT_THAT(batches, SizeIs(1)) << "device 0 is idle, but may not";
  EXPECT_EQ(batches[0].device, 1);
  const JobId large = Submit(40);
  for (const ScheduledBatch& batch : Drain()) {
    if (JobsOf(batch).front() == large) {
      EXPECT_EQ(batch.device, 0);
    }
  }
}

TEST_F(SchedulerTest, ASpreadJobUsesAllDevices) {
  Make(2, {{"p", 1, {Stage({4})}}});
  JobSpec spread = Spec(16);
  spread.spread = true;
  Submit(spread);
  const auto batches = Advance();
  ASSERT_THAT(batches, SizeIs(2));
  EXPECT_NE(batches[0].device, batches[1].device);
}

TEST_F(SchedulerTest, TensorsMoveOnlyWhenThatIsQuicker) {
  Make(2, {{"p", 1, {Stage({8})}}});
  const auto prefers = [this](absl::Duration cost) {
    JobSpec spec = Spec(8);
    spec.affinity = Affinity::kPreferred;
    spec.device = 0;
    spec.move_cost = cost / 8;
    return spec;
  };
  Submit(prefers(Milliseconds(1)));
  auto batches = Advance();
  ASSERT_THAT(batches, SizeIs(1));
  EXPECT_EQ(batches[0].device, 0) << "home is idle";
  Submit(prefers(Milliseconds(30)));
  EXPECT_THAT(Advance(), SizeIs(0)) << "home is free again before it would be moved";
  Submit(prefers(Milliseconds(1)));
  batches = Advance();
  ASSERT_THAT(batches, SizeIs(1));
  EXPECT_EQ(batches[0].device, 1) << "two wait at home";
}

TEST_F(SchedulerTest, ASlowDeviceHelpsOnlyWhenThereIsEnough) {
  Make({{"fast", 1}, {"slow", 1}}, {{"p", 1, {Stage({8})}}});
  for (int i = 0; i < 200; ++i) {
    scheduler_->costs().Record(1, 0, 8, Milliseconds(60), absl::ZeroDuration());
  }
  Submit(8);
  auto batches = Advance();
  ASSERT_THAT(batches, SizeIs(1));
  EXPECT_EQ(batches[0].device, 0);
  Submit(8);
  EXPECT_THAT(Advance(), SizeIs(0)) << "the fast one ends it earlier";
  for (int i = 0; i < 5; ++i) Submit(8);
  batches = Advance();
  ASSERT_THAT(batches, SizeIs(1));
  EXPECT_EQ(batches[0].device, 1);
}

TEST_F(SchedulerTest, AConsumerFollowsItsProducerOnTheLaneBeforeThatOneEnds) {
  SchedulerOptions options;
  options.lead = absl::Hours(1);
  Make(2, {{"p", 1, {Stage({4}), Stage({4})}}}, options, 2);
  JobSpec first = Spec(4);
  const JobId producer = Submit(first);
  JobSpec second = first;
  second.stage = 1;
  second.after = producer;
  const JobId consumer = Submit(second);
  const auto batches = Advance();
  ASSERT_THAT(batches, SizeIs(2));
  EXPECT_THAT(JobsOf(batches[0]), ElementsAre(producer));
  EXPECT_THAT(JobsOf(batches[1]), ElementsAre(consumer));
  EXPECT_EQ(batches[1].device, batches[0].device);
  EXPECT_EQ(batches[1].lane, batches[0].lane);
  Complete(batches[0]);
  Complete(batches[1]);
  Advance();
  EXPECT_EQ(reason(producer), EndReason::kDone);
  EXPECT_EQ(reason(consumer), EndReason::kDone);
}

TEST_F(SchedulerTest, AConsumerWaitsUntilAllOfItsProducerIsOnTheDevice) {
  Make(2, {{"p", 1, {Stage({4}), Stage({4})}}});
  JobSpec first = Spec(8);
  const JobId producer = Submit(first);
  JobSpec second = first;
  second.stage = 1;
  second.after = producer;
  const JobId consumer = Submit(second);
  const auto batches = Drain();
  ASSERT_THAT(batches, SizeIs(4));
  EXPECT_THAT(JobsOf(batches[0]), ElementsAre(producer));
  EXPECT_THAT(JobsOf(batches[1]), ElementsAre(producer));
  EXPECT_EQ(batches[2].device, batches[0].device);
  EXPECT_EQ(reason(consumer), EndReason::kDone);
}

TEST_F(SchedulerTest, AConsumerOfAStagePlacedElsewhereIsMovedThere) {
  StageSpec here = Stage({4}), there = Stage({4});
  here.devices = {0};
  there.devices = {1};
  Make(2, {{"p", 1, {here, there}}});
  JobSpec first = Spec(4);
  JobSpec second = first;
  second.after = Submit(first);
  second.stage = 1;
  const JobId consumer = Submit(second);
  const auto batches = Drain();
  ASSERT_THAT(batches, SizeIs(2));
  EXPECT_EQ(batches[1].device, 1);
  EXPECT_EQ(reason(consumer), EndReason::kDone);
}

TEST_F(SchedulerTest, ANewerFrameReplacesTheWaitingOne) {
  Make(1, {{"p", 1, {Stage({1})}}});
  JobSpec frame = Spec(1);
  frame.stream = 7;
  const JobId running = Submit(frame);
  ASSERT_THAT(Advance(), SizeIs(1));
  frame.request = ++last_request_;
  const JobId replaced = Submit(frame);
  frame.request = ++last_request_;
  frame.stream = 8;
  const JobId other_stream = Submit(frame);
  frame.request = ++last_request_;
  frame.stream = 7;
  const JobId newest = Submit(frame);
  Advance();
  EXPECT_EQ(reason(replaced), EndReason::kSuperseded);
  EXPECT_FALSE(ended(running));
  EXPECT_FALSE(ended(other_stream));
  EXPECT_FALSE(ended(newest));
}

TEST_F(SchedulerTest, ACancelledJobEndsAtOnceAndItsBatchRunsOn) {
  Make(1, {{"p", 1, {Stage({4})}}});
  const JobId a = Submit(2), b = Submit(2);
  const auto batches = Advance();
  ASSERT_THAT(batches, SizeIs(1));
  const JobId waiting = Submit(4);
  scheduler_->Cancel(a);
  scheduler_->Cancel(waiting);
  scheduler_->Cancel(waiting);  // ended already
  Advance();
  EXPECT_EQ(reason(a), EndReason::kCancelled);
  EXPECT_EQ(reason(waiting), EndReason::kCancelled);
  EXPECT_EQ(scheduler_->waiting_items(0), 0);
  Complete(batches[0]);
  EXPECT_THAT(Advance(), SizeIs(0));
  EXPECT_EQ(reason(b), EndReason::kDone);
}

TEST_F(SchedulerTest, AnEndedRequestTakesItsJobsWithIt) {
  Make(1, {{"p", 1, {Stage({1})}}});
  const JobSpec spec = Spec(3);
  const JobId job = Submit(spec);
  scheduler_->EndRequest(spec.request, false);
  EXPECT_THAT(Advance(), SizeIs(0));
  EXPECT_EQ(reason(job), EndReason::kCancelled);
}

TEST_F(SchedulerTest, AnEndedPipelineEndsItsJobsOnly) {
  Make(1, {{"p", 1, {Stage({1})}}, {"q", 1, {Stage({1})}}});
  const JobId mine = Submit(1, 0), other = Submit(1, 1);
  scheduler_->EndPipeline(0);
  Drain();
  EXPECT_EQ(reason(mine), EndReason::kClosed);
  EXPECT_EQ(reason(other), EndReason::kDone);
  EXPECT_EQ(scheduler_->Submit(Spec(1, 0), now_).status.code(), absl::StatusCode::kUnavailable);
}

TEST_F(SchedulerTest, ARemovedPipelineMakesRoomForAnother) {
  Make(1, {{"p", 1, {Stage({1}), Stage({4})}}, {"q", 1, {Stage({1})}}});
  const JobSpec spec = Spec(1, 0);
  Submit(spec);
  const auto batches = Advance();
  ASSERT_THAT(batches, SizeIs(1));
  EXPECT_FALSE(scheduler_->RemovePipeline(0)) << "a job of it is on the device";
  scheduler_->EndPipeline(0);
  Advance();
  EXPECT_FALSE(scheduler_->RemovePipeline(0)) << "the batch is there still";
  Complete(batches[0]);
  Advance();
  EXPECT_TRUE(scheduler_->RemovePipeline(0));
  EXPECT_EQ(scheduler_->Submit(Spec(1, 0), now_).status.code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(scheduler_->Admit({Spec(1).request, 0, {}}, now_).status.ok());
  scheduler_->EndRequest(spec.request, true);  // late, and of no use

  const auto next = scheduler_->AddPipeline({"r", 1, {Stage({2}), Stage({8})}});
  ASSERT_TRUE(next.ok());
  EXPECT_EQ(*next, 0);
  EXPECT_EQ(scheduler_->table().stages(), 3) << "numbers are used again";
  EXPECT_EQ(scheduler_->counters(0).batches, 0);
  EXPECT_FALSE(scheduler_->costs().measured(0, 0, 2));
  const JobId fresh = Submit(8, 1), other = Submit(1, 2);
  Drain();
  EXPECT_EQ(reason(fresh), EndReason::kDone);
  EXPECT_EQ(reason(other), EndReason::kDone);
}

TEST_F(SchedulerTest, AHeldDeviceGetsNothingNew) {
  Make(2, {{"p", 1, {Stage({1})}}});
  EXPECT_TRUE(scheduler_->Empty(0));
  scheduler_->Hold(0);
  Submit(1);
  Submit(1);
  const auto elsewhere = Advance();
  ASSERT_THAT(elsewhere, SizeIs(1));
  EXPECT_EQ(elsewhere[0].device, 1);
  EXPECT_TRUE(scheduler_->Empty(0));
  scheduler_->Hold(1);
  EXPECT_FALSE(scheduler_->Empty(1));
  Complete(elsewhere[0]);
  EXPECT_THAT(Advance(), SizeIs(0)) << "both are held";
  EXPECT_TRUE(scheduler_->Empty(1));
  scheduler_->Release(0);
  EXPECT_THAT(Advance(), SizeIs(1));
}

TEST_F(SchedulerTest, AClosedPipelineLetsItsJobsEnd) {
  Make(1, {{"p", 1, {Stage({1})}}});
  const JobId job = Submit(1);
  scheduler_->ClosePipeline(0);
  EXPECT_FALSE(scheduler_->Submit(Spec(1), now_).status.ok());
  Drain();
  EXPECT_EQ(reason(job), EndReason::kDone);
}

}  // namespace
}  // namespace omserve::scheduling

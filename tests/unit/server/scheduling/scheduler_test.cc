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
  MakeStage(1, {1, 8});
  const JobId job = Submit(1);
  const ScheduledBatch batch = AdvanceToOne();
  EXPECT_EQ(batch.gear, 1);
  EXPECT_THAT(JobsOf(batch), ElementsAre(job));
  EXPECT_FALSE(ended(job));
  Complete(batch);
  EXPECT_THAT(Advance(), SizeIs(0));
  EXPECT_EQ(reason(job), EndReason::kDone);
  EXPECT_EQ(scheduler_->jobs(), 0);
}

TEST_F(SchedulerTest, ABatchHasItemsOfManyJobsAndALargeJobManyBatches) {
  MakeStage(1, {4});
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
  MakeStage(1, {4});
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
  MakeStage(2, {4});
  JobSpec no_request = Spec(1);
  no_request.request = 0;
  JobSpec pinned_nowhere = Pinned(1, 2);
  JobSpec spread_pinned = Pinned(1, 0);
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
  MakeStage(1, {1, 8});
  Submit(8);
  const ScheduledBatch first = AdvanceToOne();
  Submit(1);
  EXPECT_THAT(Advance(), SizeIs(0));
  EXPECT_LT(wake_, now_ + first.expected);
  EXPECT_GT(wake_, now_ + first.expected / 2);
  now_ = wake_ - Milliseconds(1);
  Submit(2);  // came in time for the batch
  EXPECT_THAT(Advance(), SizeIs(0));
  now_ = wake_;
  const ScheduledBatch second = AdvanceToOne();
  EXPECT_EQ(second.items, 3);
}

TEST_F(SchedulerTest, ALaneHasNoMoreThanItsSlots) {
  MakeStage(1, {1}, NothingHeldBack());
  Submit(10);
  auto batches = Advance();
  ASSERT_THAT(batches, SizeIs(2));
  Run(batches[0]);
  AdvanceToOne();
  Run(batches[1]);
  EXPECT_THAT(Advance(), SizeIs(0)) << "three have not ended";
  End(batches[0]);
  EXPECT_THAT(Advance(), SizeIs(1));
}

TEST_F(SchedulerTest, ANewerFrameReplacesTheWaitingOne) {
  MakeStage(1, {1});
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
  MakeStage(1, {4});
  const JobId a = Submit(2), b = Submit(2);
  const ScheduledBatch batch = AdvanceToOne();
  const JobId waiting = Submit(4);
  scheduler_->Cancel(a);
  scheduler_->Cancel(waiting);
  scheduler_->Cancel(waiting);  // ended already
  Advance();
  EXPECT_EQ(reason(a), EndReason::kCancelled);
  EXPECT_EQ(reason(waiting), EndReason::kCancelled);
  EXPECT_EQ(scheduler_->waiting_items(0), 0);
  Complete(batch);
  EXPECT_THAT(Advance(), SizeIs(0));
  EXPECT_EQ(reason(b), EndReason::kDone);
}

TEST_F(SchedulerTest, AnEndedRequestTakesItsJobsWithIt) {
  MakeStage(1, {1});
  const JobSpec spec = Spec(3);
  const JobId job = Submit(spec);
  EXPECT_TRUE(scheduler_->EndRequest(spec.request, false));
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
  MakeStage(1, {1});
  const JobId job = Submit(1);
  scheduler_->ClosePipeline(0);
  EXPECT_FALSE(scheduler_->Submit(Spec(1), now_).status.ok());
  Drain();
  EXPECT_EQ(reason(job), EndReason::kDone);
}

}  // namespace
}  // namespace omserve::scheduling

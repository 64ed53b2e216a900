// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// Devices that are lost or hang, and what becomes of the jobs that were there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/server/scheduling/scheduler_fixture.h"

namespace omserve::scheduling {
namespace {

using absl::Milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class SchedulerDeviceLossTest : public SchedulerTest {};

TEST_F(SchedulerDeviceLossTest, ADeadDevicesJobsRunOnceMoreEachAloneElsewhere) {
  MakeStage(2, {8});
  const JobId a = Submit(4), b = Submit(4);
  auto batches = Advance();
  ASSERT_THAT(batches, SizeIs(1));
  const ScheduledBatch lost = batches[0];
  End(lost, BatchResult::kDeviceLost);
  batches = Advance();
  EXPECT_THAT(fenced_, ElementsAre(lost.device));
  ASSERT_THAT(batches, SizeIs(1)) << "alone on the device, too";
  EXPECT_THAT(JobsOf(batches[0]), ElementsAre(a));
  EXPECT_NE(batches[0].device, lost.device);
  const JobId newcomer = Submit(8);
  EXPECT_THAT(Advance(), IsEmpty());
  Complete(batches[0]);
  batches = Advance();
  ASSERT_THAT(batches, SizeIs(1));
  EXPECT_THAT(JobsOf(batches[0]), SizeIs(1));
  Complete(batches[0]);
  Drain();
  for (const JobId job : {a, b, newcomer}) EXPECT_EQ(reason(job), EndReason::kDone);
  End(lost);  // still heard of, and ignored
  Advance();
}

TEST_F(SchedulerDeviceLossTest, WhatFellsASecondDeviceIsNeverTriedAgain) {
  MakeStage(3, {1});
  const JobId poison = Submit(1);
  End(AdvanceToOne(), BatchResult::kDeviceLost);
  End(AdvanceToOne(), BatchResult::kDeviceLost);
  EXPECT_THAT(Advance(), IsEmpty());
  EXPECT_EQ(reason(poison), EndReason::kPoison);
  EXPECT_EQ(ends_.at(poison).status.code(), absl::StatusCode::kInternal);
  EXPECT_EQ(scheduler_->alive_devices(), 1);
  const JobId innocent = Submit(1);
  Drain();
  EXPECT_EQ(reason(innocent), EndReason::kDone);
}

TEST_F(SchedulerDeviceLossTest, ARestartedRequestCountsItsFirstDevice) {
  MakeStage(2, {1});
  JobSpec spec = Spec(1);
  spec.suspect = true;
  const JobId job = Submit(spec);
  End(AdvanceToOne(), BatchResult::kDeviceLost);
  Advance();
  EXPECT_EQ(reason(job), EndReason::kPoison);
}

TEST_F(SchedulerDeviceLossTest, JobsWhoseTensorsAreLostAskForARestart) {
  Make(2, {{"p", 1, {Stage({1}), Stage({1})}}});
  JobSpec pinned = Spec(1, 1);
  pinned.affinity = Affinity::kPinned;
  pinned.device = 0;
  const JobId running = Submit(pinned);
  const ScheduledBatch batch = AdvanceToOne();
  pinned.request = ++last_request_;
  const JobId waiting = Submit(pinned);
  JobSpec preferred = pinned;
  preferred.request = ++last_request_;
  preferred.affinity = Affinity::kPreferred;
  preferred.move_cost = absl::Hours(1);
  const JobId movable = Submit(preferred);
  Advance();
  End(batch, BatchResult::kDeviceLost);
  EXPECT_THAT(Advance(), IsEmpty());
  for (const JobId job : {running, waiting, movable}) {
    EXPECT_EQ(reason(job), EndReason::kRestart);
    EXPECT_EQ(ends_.at(job).status.code(), absl::StatusCode::kUnavailable);
  }
  EXPECT_TRUE(ends_.at(running).suspect);
  EXPECT_FALSE(ends_.at(waiting).suspect);
  pinned.request = ++last_request_;
  const JobId too_late = Submit(pinned);
  Advance();
  EXPECT_EQ(reason(too_late), EndReason::kRestart);
}

TEST_F(SchedulerDeviceLossTest, ABatchThatHangsFencesItsDevice) {
  MakeStage(1, {1}, {.hang_least = Milliseconds(500)});
  const JobId job = Submit(1);
  Advance();
  EXPECT_EQ(wake_, now_ + Milliseconds(500));
  now_ = wake_ - Milliseconds(1);
  Advance();
  EXPECT_THAT(fenced_, IsEmpty());
  Pass(Milliseconds(1));
  Advance();
  EXPECT_THAT(fenced_, ElementsAre(0));
  EXPECT_EQ(reason(job), EndReason::kNoDevice);
}

TEST_F(SchedulerDeviceLossTest, ResultsThatAreNeverCopiedHangToo) {
  MakeStage(2, {1}, {.hang_least = Milliseconds(500)});
  const JobId job = Submit(1);
  const auto batches = Advance();
  Pass(Milliseconds(10));
  Run(batches[0]);
  Advance();
  Pass(Milliseconds(500));
  const auto again = Advance();
  EXPECT_THAT(fenced_, SizeIs(1));
  ASSERT_THAT(again, SizeIs(1));
  Complete(again[0]);
  Advance();
  EXPECT_EQ(reason(job), EndReason::kDone);
}

TEST_F(SchedulerDeviceLossTest, WithoutADeviceEverythingEndsAndNothingComesIn) {
  MakeStage(2, {1});
  std::vector<JobId> jobs;
  for (int i = 0; i < 5; ++i) jobs.push_back(Submit(1));
  Advance();
  scheduler_->Fence(0, absl::UnavailableError("gone"));
  scheduler_->Fence(1, absl::UnavailableError("gone"));
  scheduler_->Fence(1, absl::UnavailableError("gone"));
  Advance();
  EXPECT_THAT(fenced_, ElementsAre(0, 1));
  int no_device = 0;
  for (const JobId job : jobs) no_device += reason(job) == EndReason::kNoDevice ? 1 : 0;
  EXPECT_EQ(no_device, 5);
  EXPECT_EQ(scheduler_->alive_devices(), 0);
  EXPECT_EQ(scheduler_->Submit(Spec(1), now_).status.code(), absl::StatusCode::kUnavailable);
  RequestSpec request;
  request.request = ++last_request_;
  request.pipeline = 0;
  EXPECT_EQ(scheduler_->Admit(request, now_).status.code(), absl::StatusCode::kUnavailable);
}

TEST_F(SchedulerDeviceLossTest, AStageWithoutItsDevicesEndsWhileOthersGoOn) {
  StageSpec placed = Stage({1});
  placed.devices = {0};
  Make(2, {{"p", 1, {placed}}, {"q", 1, {Stage({1})}}});
  Submit(1, 0);
  const JobId stuck = Submit(1, 0), other = Submit(1, 1);
  scheduler_->Fence(0, absl::UnavailableError("gone"));
  Drain();
  EXPECT_EQ(reason(stuck), EndReason::kNoDevice);
  EXPECT_EQ(reason(other), EndReason::kDone);
}

TEST_F(SchedulerDeviceLossTest, WhatASpreadJobHasDoneElsewhereCounts) {
  MakeStage(2, {4});
  JobSpec spread = Spec(8);
  spread.spread = true;
  const JobId job = Submit(spread);
  const auto batches = Advance();
  ASSERT_THAT(batches, SizeIs(2));
  End(batches[0]);
  End(batches[1], BatchResult::kDeviceLost);
  const ScheduledBatch again = AdvanceToOne();
  EXPECT_EQ(again.device, batches[0].device);
  EXPECT_EQ(again.segments[0].first, batches[1].segments[0].first);
  End(again);
  Advance();
  EXPECT_EQ(reason(job), EndReason::kDone);
}

}  // namespace
}  // namespace omserve::scheduling

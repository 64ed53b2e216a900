// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// Inputs that make batches fail, devices that fail, and what becomes of the others.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/server/scheduling/scheduler_fixture.h"

namespace omserve::scheduling {
namespace {

using absl::Milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class SchedulerFailureTest : public SchedulerTest {};

TEST_F(SchedulerFailureTest, OnlyTheGuiltyInputIsAnsweredWithTheError) {
  Make(1, {{"p", 1, {Stage({1, 8})}}});
  const JobId good = Submit(3), guilty = Submit(2), other = Submit(3);
  auto batches = Advance();
  ASSERT_THAT(batches, SizeIs(1));
  ASSERT_EQ(batches[0].items, 8);
  End(batches[0], BatchResult::kInputFault);
  int tries = 0;
  for (batches = Advance(); !batches.empty(); batches = Advance()) {
    ASSERT_LT(++tries, 20);
    const ScheduledBatch batch = batches[0];
    ASSERT_THAT(JobsOf(batch), SizeIs(1)) << "alone";
    const bool fails = JobsOf(batch).front() == guilty;
    End(batch, fails ? BatchResult::kInputFault : BatchResult::kOk);
  }
  EXPECT_EQ(reason(good), EndReason::kDone);
  EXPECT_EQ(reason(other), EndReason::kDone);
  EXPECT_EQ(reason(guilty), EndReason::kInputFault);
  EXPECT_EQ(ends_.at(guilty).status.message(), "on plan");
}

TEST_F(SchedulerFailureTest, OneJobAloneIsGuiltyAtOnce) {
  Make(1, {{"p", 1, {Stage({4})}}});
  const JobId job = Submit(8);
  const auto batches = Advance();
  End(batches[0], BatchResult::kInputFault);
  EXPECT_THAT(Advance(), IsEmpty());
  EXPECT_EQ(reason(job), EndReason::kInputFault);
}

TEST_F(SchedulerFailureTest, AJobThatIsCancelledMayHaveBeenTheGuiltyOne) {
  Make(1, {{"p", 1, {Stage({8})}}});
  const JobId gone = Submit(4), job = Submit(4);
  const auto batches = Advance();
  scheduler_->Cancel(gone);
  End(batches[0], BatchResult::kInputFault);
  Drain();
  EXPECT_EQ(reason(job), EndReason::kDone);
}

TEST_F(SchedulerFailureTest, WhatFailedUnclearlyRunsAgainWithNothingElseOnTheDevice) {
  Make(1, {{"p", 1, {Stage({1, 4})}}});
  const JobId a = Submit(4), b = Submit(4);
  const auto first = Advance();
  ASSERT_THAT(first, SizeIs(1));
  Pass(Milliseconds(13));  // the device will soon be free
  const auto second = Advance();
  ASSERT_THAT(second, SizeIs(1)) << "one behind the other";
  End(first[0], BatchResult::kUnclear);
  End(second[0], BatchResult::kUnclear);
  auto batches = Advance();
  ASSERT_THAT(batches, SizeIs(1));
  EXPECT_THAT(JobsOf(batches[0]), ElementsAre(a));
  End(batches[0], BatchResult::kInputFault);
  batches = Advance();
  EXPECT_EQ(reason(a), EndReason::kInputFault);
  ASSERT_THAT(batches, SizeIs(1));
  EXPECT_THAT(JobsOf(batches[0]), ElementsAre(b));
  Complete(batches[0]);
  Advance();
  EXPECT_EQ(reason(b), EndReason::kDone);
  EXPECT_THAT(fenced_, IsEmpty());
}

TEST_F(SchedulerFailureTest, WhatFailedUnclearlyHasNotFelledADevice) {
  Make(2, {{"p", 1, {Stage({4})}}});
  const JobId job = Submit(4);
  End(Advance()[0], BatchResult::kUnclear);
  auto batches = Advance();
  ASSERT_THAT(batches, SizeIs(1));
  End(batches[0], BatchResult::kDeviceLost);
  batches = Advance();
  ASSERT_THAT(batches, SizeIs(1)) << "on the second device";
  End(batches[0], BatchResult::kDeviceLost);
  Advance();
  EXPECT_EQ(reason(job), EndReason::kPoison);
}

TEST_F(SchedulerFailureTest, ADeviceThatFailsOnceIsTriedAgain) {
  Make(1, {{"p", 1, {Stage({1})}}});
  const JobId job = Submit(1);
  End(Advance()[0], BatchResult::kDeviceFault);
  const auto again = Advance();
  ASSERT_THAT(again, SizeIs(1));
  End(again[0], BatchResult::kDeviceFault);
  Advance();
  EXPECT_EQ(reason(job), EndReason::kDeviceFault) << "not for ever";
  EXPECT_FALSE(scheduler_->fenced(0));
}

TEST_F(SchedulerFailureTest, ADeviceThatFailsInARowIsFenced) {
  Make(2, {{"p", 1, {Stage({1})}}});
  for (int i = 0; i < 3; ++i) {
    JobSpec pinned = Spec(1);
    pinned.affinity = Affinity::kPinned;
    pinned.device = 0;
    Submit(pinned);
    const auto batches = Advance();
    ASSERT_THAT(batches, SizeIs(1));
    End(batches[0], BatchResult::kDeviceFault);
    scheduler_->EndRequest(pinned.request, false);
  }
  Advance();
  EXPECT_THAT(fenced_, ElementsAre(0));
}

TEST_F(SchedulerFailureTest, ADeadDevicesJobsRunOnceMoreEachAloneElsewhere) {
  Make(2, {{"p", 1, {Stage({8})}}});
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

TEST_F(SchedulerFailureTest, WhatFellsASecondDeviceIsNeverTriedAgain) {
  Make(3, {{"p", 1, {Stage({1})}}});
  const JobId poison = Submit(1);
  End(Advance()[0], BatchResult::kDeviceLost);
  End(Advance()[0], BatchResult::kDeviceLost);
  EXPECT_THAT(Advance(), IsEmpty());
  EXPECT_EQ(reason(poison), EndReason::kPoison);
  EXPECT_EQ(ends_.at(poison).status.code(), absl::StatusCode::kInternal);
  EXPECT_EQ(scheduler_->alive_devices(), 1);
  const JobId innocent = Submit(1);
  Drain();
  EXPECT_EQ(reason(innocent), EndReason::kDone);
}

TEST_F(SchedulerFailureTest, ARestartedRequestCountsItsFirstDevice) {
  Make(2, {{"p", 1, {Stage({1})}}});
  JobSpec spec = Spec(1);
  spec.suspect = true;
  const JobId job = Submit(spec);
  End(Advance()[0], BatchResult::kDeviceLost);
  Advance();
  EXPECT_EQ(reason(job), EndReason::kPoison);
}

TEST_F(SchedulerFailureTest, JobsWhoseTensorsAreLostAskForARestart) {
  Make(2, {{"p", 1, {Stage({1}), Stage({1})}}});
  JobSpec pinned = Spec(1, 1);
  pinned.affinity = Affinity::kPinned;
  pinned.device = 0;
  const JobId running = Submit(pinned);
  const auto batches = Advance();
  ASSERT_THAT(batches, SizeIs(1));
  pinned.request = ++last_request_;
  const JobId waiting = Submit(pinned);
  JobSpec preferred = pinned;
  preferred.request = ++last_request_;
  preferred.affinity = Affinity::kPreferred;
  preferred.move_cost = absl::Hours(1);
  const JobId movable = Submit(preferred);
  Advance();
  End(batches[0], BatchResult::kDeviceLost);
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

TEST_F(SchedulerFailureTest, ABatchThatHangsFencesItsDevice) {
  SchedulerOptions options;
  options.hang_least = Milliseconds(500);
  Make(1, {{"p", 1, {Stage({1})}}}, options);
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

TEST_F(SchedulerFailureTest, ResultsThatAreNeverCopiedHangToo) {
  SchedulerOptions options;
  options.hang_least = Milliseconds(500);
  Make(2, {{"p", 1, {Stage({1})}}}, options);
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

TEST_F(SchedulerFailureTest, WithoutADeviceEverythingEndsAndNothingComesIn) {
  Make(2, {{"p", 1, {Stage({1})}}});
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

TEST_F(SchedulerFailureTest, AStageWithoutItsDevicesEndsWhileOthersGoOn) {
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

TEST_F(SchedulerFailureTest, WhatASpreadJobHasDoneElsewhereCounts) {
  Make(2, {{"p", 1, {Stage({4})}}});
  JobSpec spread = Spec(8);
  spread.spread = true;
  const JobId job = Submit(spread);
  const auto batches = Advance();
  ASSERT_THAT(batches, SizeIs(2));
  End(batches[0]);
  End(batches[1], BatchResult::kDeviceLost);
  const auto again = Advance();
  ASSERT_THAT(again, SizeIs(1));
  EXPECT_EQ(again[0].device, batches[0].device);
  EXPECT_EQ(again[0].segments[0].first, batches[1].segments[0].first);
  End(again[0]);
  Advance();
  EXPECT_EQ(reason(job), EndReason::kDone);
}

TEST_F(SchedulerFailureTest, WhatRanOnFailedOutputsRunsAgain) {
  SchedulerOptions options;
  options.lead = absl::Hours(1);
  Make(1, {{"p", 1, {Stage({8}), Stage({8})}}}, options);
  JobSpec first = Spec(4);
  const JobId producer = Submit(first);
  JobSpec second = first;
  second.after = producer;
  second.stage = 1;
  const JobId consumer = Submit(second);
  const JobId guilty = Submit(4);
  const auto batches = Advance();
  ASSERT_THAT(batches, SizeIs(2));
  EXPECT_THAT(JobsOf(batches[0]), ElementsAre(producer, guilty));
  EXPECT_THAT(JobsOf(batches[1]), ElementsAre(consumer));
  End(batches[0], BatchResult::kInputFault);
  auto next = Advance();  // the producer, alone
  ASSERT_THAT(next, SizeIs(1));
  EXPECT_THAT(JobsOf(next[0]), SizeIs(1));
  End(batches[1], BatchResult::kInputFault);  // it ran on rubbish: not its fault
  std::vector<ScheduledBatch> open = next;
  for (ScheduledBatch& batch : Advance()) open.push_back(batch);
  EXPECT_FALSE(ended(consumer));
  int tries = 0;
  while (!open.empty()) {
    ASSERT_LT(++tries, 20);
    End(open[0], JobsOf(open[0])[0] == guilty ? BatchResult::kInputFault : BatchResult::kOk);
    open.erase(open.begin());
    for (ScheduledBatch& batch : Advance()) open.push_back(batch);
  }
  EXPECT_EQ(reason(guilty), EndReason::kInputFault);
  EXPECT_EQ(reason(producer), EndReason::kDone);
  EXPECT_EQ(reason(consumer), EndReason::kDone);
}

TEST_F(SchedulerFailureTest, ARevivedDeviceStartsEmptyAndTakesWork) {
  Make(1, {{"p", 1, {Stage({1})}}});
  Submit(1);
  const ScheduledBatch old = Advance()[0];
  End(old, BatchResult::kDeviceLost);
  Advance();
  ASSERT_TRUE(scheduler_->fenced(0));
  scheduler_->Revive(0, now_);
  EXPECT_FALSE(scheduler_->fenced(0));
  EXPECT_EQ(scheduler_->alive_devices(), 1);
  EXPECT_EQ(scheduler_->Backlog(0, now_), absl::ZeroDuration());
  EXPECT_THAT(Advance(), IsEmpty());
  const JobId job = Submit(1);
  const auto batches = Advance();
  ASSERT_THAT(batches, SizeIs(1));
  End(old, BatchResult::kDeviceLost);  // nothing of before counts
  EXPECT_THAT(Advance(), IsEmpty());
  EXPECT_FALSE(scheduler_->fenced(0));
  Complete(batches[0]);
  Advance();
  EXPECT_EQ(reason(job), EndReason::kDone);
}

TEST_F(SchedulerFailureTest, AGuardedDeviceIsNotKeptEmptyAfterItsReturn) {
  Make(2, {{"p", 1, {Stage({1})}}});
  JobSpec suspect = Spec(1);
  suspect.suspect = true;
  Submit(suspect);
  const auto alone = Advance();
  ASSERT_THAT(alone, SizeIs(1));
  End(alone[0], BatchResult::kDeviceLost);
  Advance();
  scheduler_->Revive(alone[0].device, now_);
  const JobId a = Submit(1), b = Submit(1);
  const auto batches = Advance();
  ASSERT_THAT(batches, SizeIs(2));
  EXPECT_NE(batches[0].device, batches[1].device) << "both devices work";
  Drain();
  for (const ScheduledBatch& batch : batches) Complete(batch);
  Advance();
  EXPECT_EQ(reason(a), EndReason::kDone);
  EXPECT_EQ(reason(b), EndReason::kDone);
}

TEST_F(SchedulerFailureTest, FaultsOfBeforeDoNotCountAgainstARevivedDevice) {
  Make(1, {{"p", 1, {Stage({1})}}}, {.faults_in_a_row = 2});
  for (int i = 0; i < 2; ++i) {
    Submit(1);
    End(Advance()[0], BatchResult::kDeviceFault);
  }
  Advance();
  ASSERT_TRUE(scheduler_->fenced(0));
  scheduler_->Revive(0, now_);
  Submit(1);
  End(Advance()[0], BatchResult::kDeviceFault);
  Advance();
  EXPECT_FALSE(scheduler_->fenced(0));
}

TEST_F(SchedulerFailureTest, TensorsOfBeforeAResetAreLost) {
  Make(1, {{"p", 1, {Stage({1})}}});
  scheduler_->Fence(0, absl::InternalError("on plan"));
  Advance();
  scheduler_->Revive(0, now_);
  JobSpec spec = Spec(1);
  spec.affinity = Affinity::kPreferred;
  spec.device = 0;
  spec.lost = true;
  const JobId job = Submit(spec);
  EXPECT_THAT(Advance(), IsEmpty());
  EXPECT_EQ(reason(job), EndReason::kRestart);
}

}  // namespace
}  // namespace omserve::scheduling

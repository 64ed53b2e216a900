// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// Inputs that make batches fail, devices that fail for once, and what becomes of the others.
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
  MakeStage(1, {1, 8});
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
  MakeStage(1, {4});
  const JobId job = Submit(8);
  const auto batches = Advance();
  End(batches[0], BatchResult::kInputFault);
  EXPECT_THAT(Advance(), IsEmpty());
  EXPECT_EQ(reason(job), EndReason::kInputFault);
}

TEST_F(SchedulerFailureTest, AJobThatIsCancelledMayHaveBeenTheGuiltyOne) {
  MakeStage(1, {8});
  const JobId gone = Submit(4), job = Submit(4);
  const auto batches = Advance();
  scheduler_->Cancel(gone);
  End(batches[0], BatchResult::kInputFault);
  Drain();
  EXPECT_EQ(reason(job), EndReason::kDone);
}

TEST_F(SchedulerFailureTest, WhatFailedUnclearlyRunsAgainWithNothingElseOnTheDevice) {
  MakeStage(1, {1, 4});
  const JobId a = Submit(4), b = Submit(4);
  const ScheduledBatch first = AdvanceToOne();
  Pass(Milliseconds(13));                        // the device will soon be free
  const ScheduledBatch second = AdvanceToOne();  // one behind the other
  End(first, BatchResult::kUnclear);
  End(second, BatchResult::kUnclear);
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
  MakeStage(2, {4});
  const JobId job = Submit(4);
  End(AdvanceToOne(), BatchResult::kUnclear);
  ScheduledBatch batch = AdvanceToOne();
  End(batch, BatchResult::kDeviceLost);
  batch = AdvanceToOne();  // on the second device
  End(batch, BatchResult::kDeviceLost);
  Advance();
  EXPECT_EQ(reason(job), EndReason::kPoison);
}

TEST_F(SchedulerFailureTest, ADeviceThatFailsOnceIsTriedAgain) {
  MakeStage(1, {1});
  const JobId job = Submit(1);
  End(AdvanceToOne(), BatchResult::kDeviceFault);
  const ScheduledBatch again = AdvanceToOne();
  End(again, BatchResult::kDeviceFault);
  Advance();
  EXPECT_EQ(reason(job), EndReason::kDeviceFault) << "not for ever";
  EXPECT_FALSE(scheduler_->fenced(0));
}

TEST_F(SchedulerFailureTest, ADeviceThatFailsInARowIsFenced) {
  MakeStage(2, {1});
  for (int i = 0; i < 3; ++i) {
    const JobSpec pinned = Pinned(1, 0);
    Submit(pinned);
    const auto batches = Advance();
    ASSERT_THAT(batches, SizeIs(1));
    End(batches[0], BatchResult::kDeviceFault);
    scheduler_->EndRequest(pinned.request, false);
  }
  Advance();
  EXPECT_THAT(fenced_, ElementsAre(0));
}

TEST_F(SchedulerFailureTest, WhatRanOnFailedOutputsRunsAgain) {
  Make(1, {{"p", 1, {Stage({8}), Stage({8})}}}, NothingHeldBack());
  const JobSpec first = Spec(4);
  const JobId producer = Submit(first);
  const JobId consumer = Submit(After(producer, first));
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

}  // namespace
}  // namespace omserve::scheduling

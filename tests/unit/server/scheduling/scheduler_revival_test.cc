// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// Devices that were reset and are used again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/server/scheduling/scheduler_fixture.h"

namespace omserve::scheduling {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

class SchedulerRevivalTest : public SchedulerTest {};

TEST_F(SchedulerRevivalTest, ARevivedDeviceStartsEmptyAndTakesWork) {
  MakeStage(1, {1});
  Submit(1);
  const ScheduledBatch old = AdvanceToOne();
  End(old, BatchResult::kDeviceLost);
  Advance();
  ASSERT_TRUE(scheduler_->fenced(0));
  scheduler_->Revive(0, now_);
  EXPECT_FALSE(scheduler_->fenced(0));
  EXPECT_EQ(scheduler_->alive_devices(), 1);
  EXPECT_EQ(scheduler_->Backlog(0, now_), absl::ZeroDuration());
  EXPECT_THAT(Advance(), IsEmpty());
  const JobId job = Submit(1);
  const ScheduledBatch batch = AdvanceToOne();
  End(old, BatchResult::kDeviceLost);  // nothing of before counts
  EXPECT_THAT(Advance(), IsEmpty());
  EXPECT_FALSE(scheduler_->fenced(0));
  Complete(batch);
  Advance();
  EXPECT_EQ(reason(job), EndReason::kDone);
}

TEST_F(SchedulerRevivalTest, AGuardedDeviceIsNotKeptEmptyAfterItsReturn) {
  MakeStage(2, {1});
  JobSpec suspect = Spec(1);
  suspect.suspect = true;
  Submit(suspect);
  const ScheduledBatch alone = AdvanceToOne();
  End(alone, BatchResult::kDeviceLost);
  Advance();
  scheduler_->Revive(alone.device, now_);
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

TEST_F(SchedulerRevivalTest, FaultsOfBeforeDoNotCountAgainstARevivedDevice) {
  MakeStage(1, {1}, {.faults_in_a_row = 2});
  for (int i = 0; i < 2; ++i) {
    Submit(1);
    End(AdvanceToOne(), BatchResult::kDeviceFault);
  }
  Advance();
  ASSERT_TRUE(scheduler_->fenced(0));
  scheduler_->Revive(0, now_);
  Submit(1);
  End(AdvanceToOne(), BatchResult::kDeviceFault);
  Advance();
  EXPECT_FALSE(scheduler_->fenced(0));
}

TEST_F(SchedulerRevivalTest, TensorsOfBeforeAResetAreLost) {
  MakeStage(1, {1});
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

TEST_F(SchedulerRevivalTest, TensorsThatAreLostBesidePromisedOnesAskForARestart) {
  Make(2, {{"p", 1, {Stage({1}), Stage({1})}}});
  const JobSpec first = Spec(1);
  JobSpec second = After(Submit(first), first);
  second.affinity = Affinity::kPreferred;
  second.device = 1;
  second.lost = true;
  const JobId at_once = Submit(second);
  second.lost = false;
  const JobId later = Submit(second);
  AdvanceToOne();
  EXPECT_EQ(reason(at_once), EndReason::kRestart);
  scheduler_->Fence(1, absl::InternalError("on plan"));
  Advance();
  EXPECT_EQ(reason(later), EndReason::kRestart);
}

}  // namespace
}  // namespace omserve::scheduling

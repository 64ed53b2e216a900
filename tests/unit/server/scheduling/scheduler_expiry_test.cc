// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// Budgets: what is late is answered on time, wherever it is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/server/scheduling/scheduler_fixture.h"

namespace omserve::scheduling {
namespace {

using absl::Milliseconds;
using testing::SizeIs;

class SchedulerExpiryTest : public SchedulerTest {
 protected:
  JobId SubmitWith(absl::Duration budget, int64_t items = 1, StageId stage = 0) {
    JobSpec spec = Spec(items, stage);
    spec.budget_end = now_ + budget;
    return Submit(spec);
  }
};

TEST_F(SchedulerExpiryTest, AWaitingJobEndsAsSoonAsItCannotEndInTime) {
  Make(1, {{"p", 1, {Stage({1})}}});
  Submit(1);
  Submit(1);
  const auto running = Advance();
  const JobId late = SubmitWith(Milliseconds(11 + 5));  // takes 11
  Advance();
  EXPECT_FALSE(ended(late));
  EXPECT_EQ(wake_, now_ + Milliseconds(5));
  now_ = wake_;
  Advance();
  EXPECT_EQ(reason(late), EndReason::kExpired);
  EXPECT_TRUE(ends_.at(late).predicted);
  EXPECT_EQ(ends_.at(late).status.code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(SchedulerExpiryTest, AJobOnTheDeviceEndsAtItsBudgetsEndAndIsDetached) {
  Make(1, {{"p", 1, {Stage({4})}}});
  const JobId late = SubmitWith(Milliseconds(20), 2), other = Submit(2);
  const auto batches = Advance();
  ASSERT_THAT(batches, SizeIs(1));
  EXPECT_EQ(batches[0].items, 4);
  Pass(Milliseconds(20));  // the batch takes longer than it used to
  EXPECT_LE(wake_, now_);
  Advance();
  EXPECT_EQ(reason(late), EndReason::kExpired);
  EXPECT_FALSE(ends_.at(late).predicted);
  Run(batches[0]);
  End(batches[0]);
  Advance();
  EXPECT_EQ(reason(other), EndReason::kDone);
}

TEST_F(SchedulerExpiryTest, LaterStagesAreCountedUnlessTheyMayBeSkipped) {
  StageSpec sure = Stage({1});
  sure.skippable = false;
  Make(1, {{"p", 1, {Stage({1}), sure}}, {"q", 1, {Stage({1}), Stage({1})}}});
  Submit(1);
  Advance();
  const JobId two_to_come = SubmitWith(Milliseconds(20), 1, 0);
  const JobId maybe_one = SubmitWith(Milliseconds(20), 1, 2);
  Advance();
  EXPECT_EQ(reason(two_to_come), EndReason::kExpired) << "22 ms of device time in 20 ms";
  EXPECT_FALSE(ended(maybe_one));
}

TEST_F(SchedulerExpiryTest, ManyItemsNeedManyBatches) {
  Make(1, {{"p", 1, {Stage({4})}}});
  const JobId too_many = SubmitWith(Milliseconds(40), 12);  // 3 of 14 ms
  EXPECT_THAT(Advance(), SizeIs(0));
  EXPECT_EQ(reason(too_many), EndReason::kExpired);
}

TEST_F(SchedulerExpiryTest, WithoutMeasurementsOnlyTheBudgetCounts) {
  Make(1, {{"p", 1, {Stage({1})}}});
  scheduler_ = std::make_unique<Scheduler>(std::vector<DeviceSpec>{{"npu", 1}});
  ASSERT_TRUE(scheduler_->AddPipeline({"p", 1, {Stage({1})}}).ok());
  const JobId job = SubmitWith(absl::Microseconds(1));
  EXPECT_THAT(Advance(), SizeIs(1));
  EXPECT_FALSE(ended(job));
}

TEST_F(SchedulerExpiryTest, AWrongEstimateDoesNotTurnAllAwayForEver) {
  Make(1, {{"p", 1, {Stage({1})}}});
  int tries = 0;
  while (SubmitWith(Milliseconds(5)), Advance().empty()) {
    ASSERT_LT(++tries, 200);
  }
  EXPECT_GT(tries, 1);
}

TEST_F(SchedulerExpiryTest, NothingStartsAfterItsBudgetsEnd) {
  Make(1, {{"p", 1, {Stage({4})}}});
  const JobId gone = SubmitWith(Milliseconds(30), 1);
  Pass(Milliseconds(30));
  const JobId fresh = Submit(1);
  const auto batches = Advance();
  ASSERT_THAT(batches, SizeIs(1));
  EXPECT_THAT(JobsOf(batches[0]), testing::ElementsAre(fresh));
  EXPECT_EQ(reason(gone), EndReason::kExpired);
}

TEST_F(SchedulerExpiryTest, AConsumerExpiresWithItsProducer) {
  Make(1, {{"p", 1, {Stage({1}), Stage({1})}}});
  Submit(1);
  Advance();
  JobSpec first = Spec(1);
  first.budget_end = now_ + Milliseconds(10);
  JobSpec second = first;
  const JobId producer = Submit(first);
  second.stage = 1;
  second.after = producer;
  const JobId consumer = Submit(second);
  Advance();
  EXPECT_EQ(reason(producer), EndReason::kExpired);
  EXPECT_EQ(reason(consumer), EndReason::kExpired);
}

}  // namespace
}  // namespace omserve::scheduling

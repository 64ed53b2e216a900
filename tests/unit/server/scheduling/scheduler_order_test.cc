// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// In which order things run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/server/scheduling/scheduler_fixture.h"

namespace omserve::scheduling {
namespace {

using absl::Milliseconds;
using testing::ElementsAre;
using testing::SizeIs;

class SchedulerOrderTest : public SchedulerTest {
 protected:
  // Fills the device, so that what comes next has to queue.
  ScheduledBatch Occupy(StageId stage = 0) {
    Submit(1, stage);
    auto batches = Advance();
    EXPECT_THAT(batches, SizeIs(1));
    return batches.front();
  }
};

TEST_F(SchedulerOrderTest, TheEarliestDeadlineGoesFirst) {
  Make(1, {{"p", 1, {Stage({1})}}});
  const ScheduledBatch running = Occupy();
  const JobId whenever = Submit(1);
  JobSpec spec = Spec(1);
  spec.budget_end = now_ + Milliseconds(500);
  const JobId later = Submit(spec);
  spec.request = ++last_request_;
  spec.budget_end = now_ + Milliseconds(100);
  const JobId sooner = Submit(spec);
  Complete(running);
  std::vector<JobId> order;
  for (const ScheduledBatch& batch : Drain()) order.push_back(JobsOf(batch).front());
  EXPECT_THAT(order, ElementsAre(sooner, later, whenever));
}

TEST_F(SchedulerOrderTest, AgeBeatsDeadlinesInTheEnd) {
  SchedulerOptions options;
  options.aging = Milliseconds(200);
  Make(1, {{"p", 1, {Stage({1})}}}, options);
  const ScheduledBatch running = Occupy();
  const JobId old = Submit(1);
  Pass(Milliseconds(300));
  Run(running);
  End(running);
  JobSpec spec = Spec(1);
  spec.budget_end = now_ + Milliseconds(50);
  Submit(spec);
  auto batches = Advance();
  ASSERT_THAT(batches, SizeIs(1));
  EXPECT_THAT(JobsOf(batches[0]), ElementsAre(old));
}

TEST_F(SchedulerOrderTest, OneImageWithManyItemsDoesNotHoldUpOthers) {
  Make(1, {{"p", 1, {Stage({8})}}});
  const JobId large = Submit(1000);
  auto batch = Advance();
  ASSERT_THAT(batch, SizeIs(1));
  for (int i = 0; i < 5; ++i) {  // the large one has had some of the device
    Complete(batch[0]);
    batch = Advance();
    ASSERT_THAT(batch, SizeIs(1));
  }
  const JobId small = Submit(1);
  Complete(batch[0]);
  batch = Advance();
  ASSERT_THAT(batch, SizeIs(1));
  EXPECT_THAT(JobsOf(batch[0]), ElementsAre(small, large)) << "in the next batch, which is full";
  EXPECT_EQ(batch[0].items, 8);
}

TEST_F(SchedulerOrderTest, AndIsNotHeldUpForEverEither) {
  SchedulerOptions options;
  options.aging = Milliseconds(50);
  options.share = 10;
  Make(1, {{"p", 1, {Stage({4})}}}, options);
  const JobId large = Submit(40);
  // Small ones come faster than the device can do them.
  int batches = 0;
  auto batch = Advance();
  while (!ended(large)) {
    ASSERT_LT(++batches, 500);
    for (int i = 0; i < 5; ++i) Submit(1);
    ASSERT_THAT(batch, SizeIs(1));
    Complete(batch[0]);
    batch = Advance();
  }
  EXPECT_GT(batches, 15) << "others had most of the device";
}

TEST_F(SchedulerOrderTest, TheLowPriorityWaitsButNotForEver) {
  SchedulerOptions options;
  options.aging = Milliseconds(100);
  options.batch_offset = Milliseconds(300);
  Make(1, {{"p", 1, {Stage({1})}}}, options);
  Complete(Occupy());
  JobSpec low = Spec(1);
  low.priority = Priority::kBatch;
  const JobId low_job = Submit(low);
  int before = 0;
  while (!ended(low_job)) {
    ASSERT_LT(++before, 200);
    Submit(1);
    Submit(1);
    for (const ScheduledBatch& batch : Advance()) Complete(batch);
  }
  EXPECT_GT(before, 5);
}

TEST_F(SchedulerOrderTest, LaterStagesGoFirst) {
  Make(1, {{"p", 1, {Stage({1}), Stage({1})}}});
  const ScheduledBatch running = Occupy();
  const JobId early = Submit(1, 0), late = Submit(1, 1);
  Complete(running);
  std::vector<JobId> order;
  for (const ScheduledBatch& batch : Drain()) order.push_back(JobsOf(batch).front());
  EXPECT_THAT(order, ElementsAre(late, early));
}

TEST_F(SchedulerOrderTest, ALaterStageWaitsForCompanyWhileTheDeviceHasFullBatches) {
  Make(1, {{"p", 1, {Stage({8}), Stage({1, 32})}}});
  const ScheduledBatch running = Occupy();
  for (int i = 0; i < 3; ++i) Submit(8, 0);
  // Its own gear 1 would be exact, but ten times as dear by the item as a full 32.
  const JobId crop = Submit(1, 1);
  Complete(running);
  const auto batches = Drain();
  EXPECT_THAT(JobsOf(batches[0]), testing::Not(ElementsAre(crop)));
  EXPECT_EQ(reason(crop), EndReason::kDone);
}

TEST_F(SchedulerOrderTest, PipelinesShareByWeight) {
  Make(1, {{"p", 3, {Stage({1})}}, {"q", 1, {Stage({1})}}});
  Submit(400, 0);
  Submit(400, 1);
  auto batch = Advance();
  for (int i = 0; i < 200; ++i) {
    ASSERT_FALSE(batch.empty());
    Complete(batch[0]);
    batch = Advance();
  }
  const double p = static_cast<double>(scheduler_->counters(0).items);
  const double q = static_cast<double>(scheduler_->counters(1).items);
  EXPECT_NEAR(p / q, 3, 0.3);
}

TEST_F(SchedulerOrderTest, ShareIsNotSavedUpInAPause) {
  Make(1, {{"p", 1, {Stage({1})}}, {"q", 1, {Stage({1})}}});
  Submit(300, 0);
  auto batch = Advance();
  for (int i = 0; i < 100; ++i) {  // q has nothing to do
    Complete(batch[0]);
    batch = Advance();
  }
  Submit(300, 1);
  const int64_t before = scheduler_->counters(0).items;
  for (int i = 0; i < 40; ++i) {
    Complete(batch[0]);
    batch = Advance();
  }
  EXPECT_NEAR(static_cast<double>(scheduler_->counters(0).items - before), 20, 4);
}

}  // namespace
}  // namespace omserve::scheduling

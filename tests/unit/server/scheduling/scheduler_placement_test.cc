// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// On which device what runs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/scheduling/scheduler.h"
#include "tests/unit/server/scheduling/scheduler_fixture.h"

namespace omserve::scheduling {
namespace {

using absl::Milliseconds;
using testing::ElementsAre;
using testing::SizeIs;

TEST_F(SchedulerTest, FreeJobsGoToTheDeviceThatIsFreeFirst) {
  MakeStage(2, {1});
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
  const ScheduledBatch next = AdvanceToOne();
  EXPECT_EQ(next.device, batches[1].device);
}

TEST_F(SchedulerTest, AnIdleDeviceGoesBeforeABusyOneThatCouldHaveANextBatch) {
  MakeStage(2, {1}, NothingHeldBack());
  std::vector<ScheduledBatch> running;
  for (const DeviceId device : {0, 1}) {
    Submit(Pinned(1, device));
    running.push_back(Advance().at(0));
  }
  End(running[1]);
  Advance();
  Submit(1);
  const ScheduledBatch batch = AdvanceToOne();
  EXPECT_EQ(batch.device, 1);
}

TEST_F(SchedulerTest, PinnedJobsStayAndOthersKeepTheirFirstDevice) {
  MakeStage(2, {4});
  JobSpec pinned = Pinned(4, 1);
  Submit(pinned);
  pinned.request = ++last_request_;
  Submit(pinned);
  EXPECT_EQ(AdvanceToOne().device, 1) << "device 0 is idle, but may not";
  const JobId large = Submit(40);
  for (const ScheduledBatch& batch : Drain()) {
    if (JobsOf(batch).front() == large) {
      EXPECT_EQ(batch.device, 0);
    }
  }
}

TEST_F(SchedulerTest, ASpreadJobUsesAllDevices) {
  MakeStage(2, {4});
  JobSpec spread = Spec(16);
  spread.spread = true;
  Submit(spread);
  const auto batches = Advance();
  ASSERT_THAT(batches, SizeIs(2));
  EXPECT_NE(batches[0].device, batches[1].device);
}

TEST_F(SchedulerTest, TensorsMoveOnlyWhenThatIsQuicker) {
  MakeStage(2, {8});
  const auto prefers = [this](absl::Duration cost) {
    JobSpec spec = Spec(8);
    spec.affinity = Affinity::kPreferred;
    spec.device = 0;
    spec.move_cost = cost / 8;
    return spec;
  };
  Submit(prefers(Milliseconds(1)));
  ScheduledBatch batch = AdvanceToOne();
  EXPECT_EQ(batch.device, 0) << "home is idle";
  Submit(prefers(Milliseconds(30)));
  EXPECT_THAT(Advance(), SizeIs(0)) << "home is free again before it would be moved";
  Submit(prefers(Milliseconds(1)));
  batch = AdvanceToOne();
  EXPECT_EQ(batch.device, 1) << "two wait at home";
}

TEST_F(SchedulerTest, ASlowDeviceHelpsOnlyWhenThereIsEnough) {
  Make({{"fast", 1}, {"slow", 1}}, {{"p", 1, {Stage({8})}}});
  for (int i = 0; i < 200; ++i) {
    scheduler_->costs().Record(1, 0, 8, Milliseconds(60), absl::ZeroDuration());
  }
  Submit(8);
  ScheduledBatch batch = AdvanceToOne();
  EXPECT_EQ(batch.device, 0);
  Submit(8);
  EXPECT_THAT(Advance(), SizeIs(0)) << "the fast one ends it earlier";
  for (int i = 0; i < 5; ++i) Submit(8);
  batch = AdvanceToOne();
  EXPECT_EQ(batch.device, 1);
}

TEST_F(SchedulerTest, AConsumerFollowsItsProducerOnTheLaneBeforeThatOneEnds) {
  Make(2, {{"p", 1, {Stage({4}), Stage({4})}}}, NothingHeldBack(), 2);
  const JobSpec first = Spec(4);
  const JobId producer = Submit(first);
  const JobId consumer = Submit(After(producer, first));
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
  const JobSpec first = Spec(8);
  const JobId producer = Submit(first);
  const JobId consumer = Submit(After(producer, first));
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
  const JobSpec first = Spec(4);
  const JobId consumer = Submit(After(Submit(first), first));
  const auto batches = Drain();
  ASSERT_THAT(batches, SizeIs(2));
  EXPECT_EQ(batches[1].device, 1);
  EXPECT_EQ(reason(consumer), EndReason::kDone);
}

}  // namespace
}  // namespace omserve::scheduling

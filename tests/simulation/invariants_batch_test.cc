// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// Batches that are wrong in themselves, or where or when they go out.
#include "tests/simulation/invariants_fixture.h"

namespace omserve::simulation {
namespace {

TEST_F(InvariantsTest, AnItemThatThereIsNot) {
  JobIn(1, 1);
  Out(1, 0, 0, 4, {{1, 0, 2, 0}});
  ExpectBroken("the job has no such item");
}

TEST_F(InvariantsTest, ABatchAboveItsGear) {
  JobIn(1, 2);
  Out(1, 0, 0, 1, {{1, 0, 2, 0}});
  ExpectBroken("a batch is above its gear");
}

TEST_F(InvariantsTest, AGearThatThereIsNot) {
  JobIn(1, 2);
  Out(1, 0, 0, 2, {{1, 0, 2, 0}});
  ExpectBroken("the stage has no such gear");
}

TEST_F(InvariantsTest, ItemsThatDoNotAddUp) {
  JobIn(1, 2);
  auto batch = Batch(1, 0, 0, 4, {{1, 0, 2, 0}});
  batch.items = 3;
  Out(batch);
  ExpectBroken("do not add up");
}

TEST_F(InvariantsTest, RowsThatOverlap) {
  JobIn(1, 1);
  JobIn(2, 1);
  auto batch = Batch(1, 0, 0, 4, {{1, 0, 1, 0}, {2, 0, 1, 0}});
  batch.segments[1].row = 0;
  Out(batch);
  ExpectBroken("rows are not in a row");
}

TEST_F(InvariantsTest, ALaneAboveItsSlots) {
  JobIn(1, 4);
  OutOne(1, 1);
  RunBatch(1);
  OutOne(2, 1, {.item = 1});
  OutOne(3, 1, {.item = 2});
  RunBatch(2);
  ExpectHolds();
  OutOne(4, 1, {.item = 3});
  ExpectBroken("a lane has no slot");
}

TEST_F(InvariantsTest, ALaneWithTooMuchAhead) {
  JobIn(1, 3);
  OutOne(1, 1);
  OutOne(2, 1, {.item = 1});
  ExpectHolds();
  OutOne(3, 1, {.item = 2});
  ExpectBroken("too many batches ahead");
}

TEST_F(InvariantsTest, AnIdleDeviceWaits) {
  JobIn(1, 1);
  JobIn(2, 1);
  OutOne(1, 1);
  Settle();
  ExpectBroken("device 0 lane 1 is idle and job 2 waits");
}

TEST_F(InvariantsTest, AnIdleDeviceWaitsForResultsToBeCopied) {
  JobIn(1, 1, Placed());
  JobIn(2, 1, Placed());
  OutOne(1, 1);
  Settle();
  ExpectHolds();
  RunBatch(1);
  Settle();
  ExpectBroken("device 0 lane 0 is idle and job 2 waits");
}

TEST_F(InvariantsTest, AStageRunsWhereItIsNot) {
  JobIn(1, 1, Placed());
  OutOne(1, 1, {.device = 1});
  ExpectBroken("the stage is not on that device");
}

TEST_F(InvariantsTest, AStageRunsOnALaneWithoutAnInstance) {
  JobIn(1, 1, Placed());
  OutOne(1, 1, {.lane = 1});
  ExpectBroken("the stage is not on that lane");
}

TEST_F(InvariantsTest, AJobLeavesItsDevice) {
  JobIn(1, 2);
  OutOne(1, 1);
  OutOne(2, 1, {.item = 1, .device = 1});
  ExpectBroken("a job left its device");
}

TEST_F(InvariantsTest, APinnedJobLeavesItsDevice) {
  JobIn(1, 1, PinnedTo(1));
  OutOne(1, 1);
  ExpectBroken("a job left its device");
}

TEST_F(InvariantsTest, AConsumerStartsBeforeItsProducer) {
  JobIn(1, 2);
  JobIn(2, 1, ConsumerOf(1));
  OutOne(1, 1);
  OutOne(2, 2);
  ExpectBroken("before all of its producer did");
}

TEST_F(InvariantsTest, AConsumerOvertakesItsProducerOnAnotherLane) {
  JobIn(1, 1);
  JobIn(2, 1, ConsumerOf(1));
  OutOne(1, 1);
  OutOne(2, 2, {.lane = 1});
  ExpectBroken("before its producer ended, on another lane");
}

TEST_F(InvariantsTest, BatchNumbersAreUsedTwice) {
  JobIn(1, 2);
  OutOne(1, 1);
  OutOne(1, 1, {.item = 1});
  ExpectBroken("a batch's number was used twice");
}

}  // namespace
}  // namespace omserve::simulation

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// Requests and jobs that do not end as they should, and items that run when they must not.
#include "tests/simulation/invariants_fixture.h"

namespace omserve::simulation {
namespace {

using absl::Milliseconds;
using scheduling::EndReason;
using scheduling::JobSpec;

TEST_F(InvariantsTest, AGoodTraceHolds) {
  JobIn(1, 3);
  JobIn(2, 2);
  Out(1, 0, 0, 4, {{1, 0, 3, 0}, {2, 0, 1, 0}});
  OutOne(2, 2, {.item = 1, .lane = 1});
  Settle();
  now_ += Milliseconds(5);
  EndBatch(1);
  JobEnded(1);
  RequestEnded(1);
  EndBatch(2);
  JobEnded(2);
  RequestEnded(2);
  Settle();
  seen_->Finish();
  ExpectHolds();
}

TEST_F(InvariantsTest, AJobEndsTwice) {
  JobIn(1, 1);
  JobEnded(1, EndReason::kCancelled);
  JobEnded(1, EndReason::kCancelled);
  ExpectBroken("a job ended twice");
}

TEST_F(InvariantsTest, AJobNeverEnds) {
  JobIn(1, 1);
  RequestEnded(1);
  seen_->Finish();
  ExpectBroken("job 1 never ended");
}

TEST_F(InvariantsTest, ARequestNeverEnds) {
  RequestIn(1);
  seen_->Finish();
  ExpectBroken("request 1 never ended");
}

TEST_F(InvariantsTest, ARequestEndsTwice) {
  RequestIn(1);
  RequestEnded(1);
  RequestEnded(1);
  ExpectBroken("a request ended that did not live");
}

TEST_F(InvariantsTest, AJobEndsWellBeforeAllItsItemsRan) {
  JobIn(1, 2);
  OutOne(1, 1);
  EndBatch(1);
  JobEnded(1);
  ExpectBroken("before all its items ran");
}

TEST_F(InvariantsTest, AnItemRunsTwice) {
  JobIn(1, 2);
  OutOne(1, 1);
  OutOne(2, 1, {.lane = 1});
  ExpectBroken("runs a second time");
}

TEST_F(InvariantsTest, AnItemThatIsDoneRunsAgain) {
  JobIn(1, 2);
  OutOne(1, 1);
  EndBatch(1);
  OutOne(2, 1);
  ExpectBroken("runs a second time");
}

TEST_F(InvariantsTest, AnEndedJobRuns) {
  JobIn(1, 1);
  JobEnded(1, EndReason::kCancelled);
  OutOne(1, 1);
  ExpectBroken("job 1 does not live");
}

TEST_F(InvariantsTest, AnItemStartsAfterItsExpiry) {
  JobIn(1, 1, UntilFiveMilliseconds());
  now_ += Milliseconds(5);
  OutOne(1, 1);
  ExpectBroken("after its budget's end");
}

TEST_F(InvariantsTest, AnExpiredJobLives) {
  JobIn(1, 1, UntilFiveMilliseconds());
  OutOne(1, 1);
  now_ += Milliseconds(5);
  Settle();
  ExpectBroken("lives after its budget's end");
}

TEST_F(InvariantsTest, AQueueAboveItsBound) {
  JobIn(1, 20);  // too large for any queue
  ExpectHolds();
  JobIn(2, 1);
  ExpectBroken("a queue is above its bound");
}

TEST_F(InvariantsTest, AFrameIsReplacedOnTheDevice) {
  JobSpec spec;
  spec.stream = 7;
  JobIn(1, 2, spec);
  OutOne(1, 1);
  JobEnded(1, EndReason::kSuperseded);
  ExpectBroken("replaced although an item of it was in a batch");
}

TEST_F(InvariantsTest, AJobStarves) {
  JobIn(1, 1, Placed());
  // For ever others, that came later.
  for (int64_t i = 2; i < 200; ++i) {
    now_ += Milliseconds(10);
    JobIn(i, 1, Placed());
    OutOne(i, i);
    EndBatch(i);
    JobEnded(i);
  }
  ExpectBroken("job 1 starves");
}

TEST_F(InvariantsTest, TimeGoesBack) {
  RequestIn(1);
  now_ -= Milliseconds(1);
  RequestEnded(1);
  ExpectBroken("time went back");
}

TEST_F(InvariantsTest, NumbersAreUsedTwice) {
  JobIn(1, 2);
  JobSpec spec;
  spec.request = 1;
  JobIn(1, 2, spec);
  ExpectBroken("a job's number was used twice");
}

}  // namespace
}  // namespace omserve::simulation

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// The invariants can fail: each one is shown a trace that breaks it and nothing else.
#include "tests/simulation/invariants.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace omserve::simulation {
namespace {

using absl::Milliseconds;
using scheduling::BatchResult;
using scheduling::DeviceId;
using scheduling::EndReason;
using scheduling::JobId;
using scheduling::JobSpec;
using scheduling::Segment;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class InvariantsTest : public testing::Test {
 protected:
  InvariantsTest() : table_({{"npu", 2}, {"npu", 2}}) {
    scheduling::StageSpec stage;
    stage.name = "s";
    stage.gears = {1, 4};
    stage.instances = 2;
    stage.max_queue_items = 10;
    scheduling::StageSpec placed = stage;
    placed.instances = 1;
    placed.devices = {0};
    EXPECT_TRUE(table_.Add({"p", 1, {stage, stage, placed}}).ok());
    options_.aging = Milliseconds(100);
    options_.patience = Milliseconds(10);
    seen_ = std::make_unique<Invariants>(table_, options_);
  }

  TraceEvent Event(TraceEvent::Kind kind) const {
    TraceEvent event;
    event.kind = kind;
    event.now = now_;
    return event;
  }
  void RequestIn(int64_t request) {
    TraceEvent event = Event(TraceEvent::Kind::kRequestIn);
    event.request = request;
    seen_->See(event);
  }
  void RequestEnded(int64_t request) {
    TraceEvent event = Event(TraceEvent::Kind::kRequestEnded);
    event.request = request;
    seen_->See(event);
  }
  // A job of the request with its number.
  void JobIn(JobId job, int64_t items, JobSpec spec = {}) {
    if (spec.request == 0) {
      spec.request = job;
      RequestIn(job);
    }
    spec.items = items;
    if (spec.stage < 0) spec.stage = 0;
    TraceEvent event = Event(TraceEvent::Kind::kJobIn);
    event.job = job;
    event.spec = spec;
    seen_->See(event);
    requests_[job] = spec.request;
    stages_[job] = spec.stage;
  }
  void JobEnded(JobId job, EndReason reason = EndReason::kDone) {
    TraceEvent event = Event(TraceEvent::Kind::kJobEnded);
    event.end.job = job;
    event.end.request = requests_[job];
    event.end.reason = reason;
    seen_->See(event);
  }
  scheduling::ScheduledBatch Batch(int64_t id, DeviceId device, int lane, int gear,
                                   std::vector<Segment> segments) {
    scheduling::ScheduledBatch batch;
    batch.id = id;
    batch.device = device;
    batch.lane = lane;
    batch.gear = gear;
    batch.stage = stages_[segments.front().job];
    batch.expected = Milliseconds(10);
    for (Segment& segment : segments) {
      segment.row = batch.items;
      batch.items += segment.items;
    }
    batch.segments = std::move(segments);
    return batch;
  }
  void Out(const scheduling::ScheduledBatch& batch) {
    TraceEvent event = Event(TraceEvent::Kind::kBatchOut);
    event.batch = batch;
    seen_->See(event);
  }
  void Out(int64_t id, DeviceId device, int lane, int gear, std::vector<Segment> segments) {
    Out(Batch(id, device, lane, gear, std::move(segments)));
  }
  void RunBatch(int64_t id) {
    TraceEvent event = Event(TraceEvent::Kind::kBatchRun);
    event.batch.id = id;
    seen_->See(event);
  }
  void EndBatch(int64_t id, BatchResult result = BatchResult::kOk) {
    if (result == BatchResult::kOk) RunBatch(id);
    TraceEvent event = Event(TraceEvent::Kind::kBatchEnded);
    event.batch.id = id;
    event.result = result;
    seen_->See(event);
  }
  void Fence(DeviceId device) {
    TraceEvent event = Event(TraceEvent::Kind::kFenced);
    event.device = device;
    seen_->See(event);
  }
  void Revive(DeviceId device) {
    TraceEvent event = Event(TraceEvent::Kind::kRevived);
    event.device = device;
    seen_->See(event);
  }
  void Settle() { seen_->See(Event(TraceEvent::Kind::kSettled)); }

  void ExpectHolds() { EXPECT_THAT(seen_->broken(), IsEmpty()); }
  void ExpectBroken(const std::string& what) {
    EXPECT_THAT(seen_->broken(), ElementsAre(HasSubstr(what)));
  }

  scheduling::StageTable table_;
  scheduling::SchedulerOptions options_;
  std::unique_ptr<Invariants> seen_;
  absl::Time now_ = absl::UnixEpoch();
  std::map<JobId, int64_t> requests_;
  std::map<JobId, int> stages_;
};

TEST_F(InvariantsTest, AGoodTraceHolds) {
  JobIn(1, 3);
  JobIn(2, 2);
  Out(1, 0, 0, 4, {{1, 0, 3, 0}, {2, 0, 1, 0}});
  Out(2, 0, 1, 1, {{2, 1, 1, 0}});
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
  Out(1, 0, 0, 1, {{1, 0, 1, 0}});
  EndBatch(1);
  JobEnded(1);
  ExpectBroken("before all its items ran");
}

TEST_F(InvariantsTest, AnItemRunsTwice) {
  JobIn(1, 2);
  Out(1, 0, 0, 1, {{1, 0, 1, 0}});
  Out(2, 0, 1, 1, {{1, 0, 1, 0}});
  ExpectBroken("runs a second time");
}

TEST_F(InvariantsTest, AnItemThatIsDoneRunsAgain) {
  JobIn(1, 2);
  Out(1, 0, 0, 1, {{1, 0, 1, 0}});
  EndBatch(1);
  Out(2, 0, 0, 1, {{1, 0, 1, 0}});
  ExpectBroken("runs a second time");
}

TEST_F(InvariantsTest, AnEndedJobRuns) {
  JobIn(1, 1);
  JobEnded(1, EndReason::kCancelled);
  Out(1, 0, 0, 1, {{1, 0, 1, 0}});
  ExpectBroken("job 1 does not live");
}

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

TEST_F(InvariantsTest, AnItemStartsAfterItsExpiry) {
  JobSpec spec;
  spec.budget_end = now_ + Milliseconds(5);
  JobIn(1, 1, spec);
  now_ += Milliseconds(5);
  Out(1, 0, 0, 1, {{1, 0, 1, 0}});
  ExpectBroken("after its budget's end");
}

TEST_F(InvariantsTest, AnExpiredJobLives) {
  JobSpec spec;
  spec.budget_end = now_ + Milliseconds(5);
  JobIn(1, 1, spec);
  Out(1, 0, 0, 1, {{1, 0, 1, 0}});
  now_ += Milliseconds(5);
  Settle();
  ExpectBroken("lives after its budget's end");
}

TEST_F(InvariantsTest, ALaneAboveItsSlots) {
  JobIn(1, 4);
  Out(1, 0, 0, 1, {{1, 0, 1, 0}});
  RunBatch(1);
  Out(2, 0, 0, 1, {{1, 1, 1, 0}});
  Out(3, 0, 0, 1, {{1, 2, 1, 0}});
  RunBatch(2);
  ExpectHolds();
  Out(4, 0, 0, 1, {{1, 3, 1, 0}});
  ExpectBroken("a lane has no slot");
}

TEST_F(InvariantsTest, ALaneWithTooMuchAhead) {
  JobIn(1, 3);
  Out(1, 0, 0, 1, {{1, 0, 1, 0}});
  Out(2, 0, 0, 1, {{1, 1, 1, 0}});
  ExpectHolds();
  Out(3, 0, 0, 1, {{1, 2, 1, 0}});
  ExpectBroken("too many batches ahead");
}

TEST_F(InvariantsTest, AQueueAboveItsBound) {
  JobIn(1, 20);  // too large for any queue
  ExpectHolds();
  JobIn(2, 1);
  ExpectBroken("a queue is above its bound");
}

TEST_F(InvariantsTest, AnIdleDeviceWaits) {
  JobIn(1, 1);
  JobIn(2, 1);
  Out(1, 0, 0, 1, {{1, 0, 1, 0}});
  Settle();
  ExpectBroken("device 0 lane 1 is idle and job 2 waits");
}

TEST_F(InvariantsTest, AnIdleDeviceWaitsForResultsToBeCopied) {
  JobSpec placed;
  placed.stage = 2;
  JobIn(1, 1, placed);
  JobIn(2, 1, placed);
  Out(1, 0, 0, 1, {{1, 0, 1, 0}});
  Settle();
  ExpectHolds();
  RunBatch(1);
  Settle();
  ExpectBroken("device 0 lane 0 is idle and job 2 waits");
}

TEST_F(InvariantsTest, ABatchForAFencedDevice) {
  JobIn(1, 1);
  Fence(0);
  Out(1, 0, 0, 1, {{1, 0, 1, 0}});
  ExpectBroken("a batch for a fenced device");
}

TEST_F(InvariantsTest, AStageRunsWhereItIsNot) {
  JobSpec placed;
  placed.stage = 2;
  JobIn(1, 1, placed);
  Out(1, 1, 0, 1, {{1, 0, 1, 0}});
  ExpectBroken("the stage is not on that device");
}

TEST_F(InvariantsTest, AStageRunsOnALaneWithoutAnInstance) {
  JobSpec placed;
  placed.stage = 2;
  JobIn(1, 1, placed);
  Out(1, 0, 1, 1, {{1, 0, 1, 0}});
  ExpectBroken("the stage is not on that lane");
}

TEST_F(InvariantsTest, AJobLeavesItsDevice) {
  JobIn(1, 2);
  Out(1, 0, 0, 1, {{1, 0, 1, 0}});
  Out(2, 1, 0, 1, {{1, 1, 1, 0}});
  ExpectBroken("a job left its device");
}

TEST_F(InvariantsTest, APinnedJobLeavesItsDevice) {
  JobSpec spec;
  spec.affinity = scheduling::Affinity::kPinned;
  spec.device = 1;
  JobIn(1, 1, spec);
  Out(1, 0, 0, 1, {{1, 0, 1, 0}});
  ExpectBroken("a job left its device");
}

TEST_F(InvariantsTest, ASuspectHasCompanyInItsBatch) {
  JobSpec spec;
  spec.suspect = true;
  spec.request = 1;
  RequestIn(1);
  JobIn(1, 1, spec);
  JobIn(2, 1);
  Out(1, 0, 0, 4, {{1, 0, 1, 0}, {2, 0, 1, 0}});
  ExpectBroken("a job that must be alone has company");
}

TEST_F(InvariantsTest, ASuspectMeetsOthersOnItsDevice) {
  JobSpec spec;
  spec.suspect = true;
  spec.request = 1;
  RequestIn(1);
  JobIn(1, 1, spec);
  JobIn(2, 1);
  Out(1, 0, 0, 1, {{2, 0, 1, 0}});
  Out(2, 0, 1, 1, {{1, 0, 1, 0}});
  ExpectBroken("must have the device to itself meets another");
}

TEST_F(InvariantsTest, OthersMeetASuspectOnItsDevice) {
  JobSpec spec;
  spec.suspect = true;
  spec.request = 1;
  RequestIn(1);
  JobIn(1, 1, spec);
  JobIn(2, 1);
  Out(1, 0, 0, 1, {{1, 0, 1, 0}});
  Out(2, 0, 1, 1, {{2, 0, 1, 0}});
  ExpectBroken("a batch goes to a device that a job must have to itself");
}

TEST_F(InvariantsTest, AfterAnInputFaultAJobHasCompanyAgain) {
  JobIn(1, 1);
  JobIn(2, 1);
  Out(1, 0, 0, 4, {{1, 0, 1, 0}, {2, 0, 1, 0}});
  EndBatch(1, BatchResult::kInputFault);
  Out(2, 0, 0, 4, {{1, 0, 1, 0}, {2, 0, 1, 0}});
  ExpectBroken("a job that must be alone has company");
}

TEST_F(InvariantsTest, AJobIsTriedOnAThirdDevice) {
  JobSpec spec;
  spec.suspect = true;
  spec.request = 1;
  RequestIn(1);
  JobIn(1, 1, spec);
  Out(1, 0, 0, 1, {{1, 0, 1, 0}});
  Fence(0);
  Out(2, 1, 0, 1, {{1, 0, 1, 0}});
  ExpectBroken("a job goes to a third device");
}

TEST_F(InvariantsTest, AJobIsGivenUpAfterOneDevice) {
  JobIn(1, 1);
  Out(1, 0, 0, 1, {{1, 0, 1, 0}});
  Fence(0);
  JobEnded(1, EndReason::kPoison);
  ExpectBroken("not on two devices that failed");
}

TEST_F(InvariantsTest, AConsumerStartsBeforeItsProducer) {
  JobIn(1, 2);
  JobSpec spec;
  spec.request = 1;
  spec.stage = 1;
  spec.after = 1;
  JobIn(2, 1, spec);
  Out(1, 0, 0, 1, {{1, 0, 1, 0}});
  Out(2, 0, 0, 1, {{2, 0, 1, 0}});
  ExpectBroken("before all of its producer did");
}

TEST_F(InvariantsTest, AConsumerOvertakesItsProducerOnAnotherLane) {
  JobIn(1, 1);
  JobSpec spec;
  spec.request = 1;
  spec.stage = 1;
  spec.after = 1;
  JobIn(2, 1, spec);
  Out(1, 0, 0, 1, {{1, 0, 1, 0}});
  Out(2, 0, 1, 1, {{2, 0, 1, 0}});
  ExpectBroken("before its producer ended, on another lane");
}

TEST_F(InvariantsTest, AConsumersResultsOfFailedInputsCount) {
  JobIn(1, 1);
  JobSpec spec;
  spec.request = 1;
  spec.stage = 1;
  spec.after = 1;
  JobIn(2, 1, spec);
  Out(1, 0, 0, 1, {{1, 0, 1, 0}});
  Out(2, 0, 0, 1, {{2, 0, 1, 0}});
  EndBatch(1, BatchResult::kDeviceFault);
  EndBatch(2);
  JobEnded(2);
  ExpectBroken("before all its items ran");
}

TEST_F(InvariantsTest, AFrameIsReplacedOnTheDevice) {
  JobSpec spec;
  spec.stream = 7;
  JobIn(1, 2, spec);
  Out(1, 0, 0, 1, {{1, 0, 1, 0}});
  JobEnded(1, EndReason::kSuperseded);
  ExpectBroken("replaced although an item of it was in a batch");
}

TEST_F(InvariantsTest, AJobStarves) {
  JobSpec placed;
  placed.stage = 2;
  JobIn(1, 1, placed);
  // For ever others, that came later.
  for (int64_t i = 2; i < 200; ++i) {
    now_ += Milliseconds(10);
    JobIn(i, 1, placed);
    Out(i, 0, 0, 1, {{i, 0, 1, 0}});
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

TEST_F(InvariantsTest, ADeviceThatCameBackTakesWork) {
  JobIn(1, 1);
  Fence(0);
  Revive(0);
  Out(1, 0, 0, 1, {{1, 0, 1, 0}});
  ExpectHolds();
}

TEST_F(InvariantsTest, ADeviceComesBackThatWasNotOut) {
  Revive(0);
  ExpectBroken("a device came back that was not out");
}

TEST_F(InvariantsTest, AJobGoesOnWithWhatWasBeforeAReset) {
  Fence(0);
  JobSpec pinned;
  pinned.affinity = scheduling::Affinity::kPinned;
  pinned.device = 0;
  JobIn(1, 1, pinned);
  Revive(0);
  Out(1, 0, 0, 1, {{1, 0, 1, 0}});
  ExpectBroken("what its device had before it was reset");
}

TEST_F(InvariantsTest, AJobRunsWithLostTensors) {
  JobSpec lost;
  lost.lost = true;
  JobIn(1, 1, lost);
  Out(1, 0, 0, 1, {{1, 0, 1, 0}});
  ExpectBroken("a job runs whose tensors are lost");
}

TEST_F(InvariantsTest, ADeviceIsFencedTwice) {
  Fence(0);
  Fence(0);
  ExpectBroken("a device was fenced twice");
}

TEST_F(InvariantsTest, NumbersAreUsedTwice) {
  JobIn(1, 2);
  JobSpec spec;
  spec.request = 1;
  JobIn(1, 2, spec);
  ExpectBroken("a job's number was used twice");
}

TEST_F(InvariantsTest, BatchNumbersAreUsedTwice) {
  JobIn(1, 2);
  Out(1, 0, 0, 1, {{1, 0, 1, 0}});
  Out(1, 0, 0, 1, {{1, 1, 1, 0}});
  ExpectBroken("a batch's number was used twice");
}

}  // namespace
}  // namespace omserve::simulation

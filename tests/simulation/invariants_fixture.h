// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/simulation/invariants.h"

namespace omserve::simulation {

// The invariants can fail: each one is shown a trace that breaks it and nothing else.
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
    options_.aging = absl::Milliseconds(100);
    options_.patience = absl::Milliseconds(10);
    seen_ = std::make_unique<Invariants>(table_, options_);
  }

  TraceEvent Event(TraceEvent::Kind kind) const {
    TraceEvent event;
    event.kind = kind;
    event.now = now_;
    return event;
  }
  // An event of which one field counts.
  template <typename Field, typename Value>
  void SeeOf(TraceEvent::Kind kind, Field TraceEvent::* field, Value value) {
    TraceEvent event = Event(kind);
    event.*field = value;
    seen_->See(event);
  }

  static scheduling::JobSpec Suspect() {
    scheduling::JobSpec spec;
    spec.suspect = true;
    return spec;
  }
  // Of the second stage of the same request.
  static scheduling::JobSpec ConsumerOf(scheduling::JobId producer) {
    scheduling::JobSpec spec;
    spec.request = producer;
    spec.stage = 1;
    spec.after = producer;
    return spec;
  }
  // Of the stage that only lane 0 of device 0 has.
  static scheduling::JobSpec Placed() {
    scheduling::JobSpec spec;
    spec.stage = 2;
    return spec;
  }
  static scheduling::JobSpec PinnedTo(scheduling::DeviceId device) {
    scheduling::JobSpec spec;
    spec.affinity = scheduling::Affinity::kPinned;
    spec.device = device;
    return spec;
  }
  scheduling::JobSpec UntilFiveMilliseconds() const {
    scheduling::JobSpec spec;
    spec.budget_end = now_ + absl::Milliseconds(5);
    return spec;
  }

  void RequestIn(int64_t request) {
    SeeOf(TraceEvent::Kind::kRequestIn, &TraceEvent::request, request);
  }
  void RequestEnded(int64_t request) {
    SeeOf(TraceEvent::Kind::kRequestEnded, &TraceEvent::request, request);
  }
  // A job of the request with its number.
  void JobIn(scheduling::JobId job, int64_t items, scheduling::JobSpec spec = {}) {
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
  void JobEnded(scheduling::JobId job,
                scheduling::EndReason reason = scheduling::EndReason::kDone) {
    TraceEvent event = Event(TraceEvent::Kind::kJobEnded);
    event.end.job = job;
    event.end.request = requests_[job];
    event.end.reason = reason;
    seen_->See(event);
  }
  scheduling::ScheduledBatch Batch(int64_t id, scheduling::DeviceId device, int lane, int gear,
                                   std::vector<scheduling::Segment> segments) {
    scheduling::ScheduledBatch batch;
    batch.id = id;
    batch.device = device;
    batch.lane = lane;
    batch.gear = gear;
    batch.stage = stages_[segments.front().job];
    batch.expected = absl::Milliseconds(10);
    for (scheduling::Segment& segment : segments) {
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
  void Out(int64_t id, scheduling::DeviceId device, int lane, int gear,
           std::vector<scheduling::Segment> segments) {
    Out(Batch(id, device, lane, gear, std::move(segments)));
  }
  // A batch of gear 1 with one item.
  struct Where {
    int64_t item = 0;
    int lane = 0;
    scheduling::DeviceId device = 0;
  };
  void OutOne(int64_t id, scheduling::JobId job, const Where& where) {
    Out(id, where.device, where.lane, 1, {{job, where.item, 1, 0}});
  }
  void OutOne(int64_t id, scheduling::JobId job) { OutOne(id, job, Where{}); }
  void RunBatch(int64_t id) {
    TraceEvent event = Event(TraceEvent::Kind::kBatchRun);
    event.batch.id = id;
    seen_->See(event);
  }
  void EndBatch(int64_t id, scheduling::BatchResult result = scheduling::BatchResult::kOk) {
    if (result == scheduling::BatchResult::kOk) RunBatch(id);
    TraceEvent event = Event(TraceEvent::Kind::kBatchEnded);
    event.batch.id = id;
    event.result = result;
    seen_->See(event);
  }
  void Fence(scheduling::DeviceId device) {
    SeeOf(TraceEvent::Kind::kFenced, &TraceEvent::device, device);
  }
  void Revive(scheduling::DeviceId device) {
    SeeOf(TraceEvent::Kind::kRevived, &TraceEvent::device, device);
  }
  void Settle() { seen_->See(Event(TraceEvent::Kind::kSettled)); }

  void ExpectHolds() { EXPECT_THAT(seen_->broken(), testing::IsEmpty()); }
  void ExpectBroken(const std::string& what) {
    EXPECT_THAT(seen_->broken(), testing::ElementsAre(testing::HasSubstr(what)));
  }

  scheduling::StageTable table_;
  scheduling::SchedulerOptions options_;
  std::unique_ptr<Invariants> seen_;
  absl::Time now_ = absl::UnixEpoch();
  std::map<scheduling::JobId, int64_t> requests_;
  std::map<scheduling::JobId, int> stages_;
};

}  // namespace omserve::simulation

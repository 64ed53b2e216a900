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

#include "server/scheduling/scheduler.h"

namespace omserve::scheduling {

// A scheduler with a clock that the test moves, and what it said so far. Costs are 10 ms a batch
// plus 1 ms a row unless the test records others.
class SchedulerTest : public testing::Test {
 protected:
  static StageSpec Stage(std::vector<int> gears) {
    StageSpec stage;
    stage.name = "s";
    stage.gears = std::move(gears);
    stage.skippable = true;
    return stage;
  }

  void Make(int devices, std::vector<PipelineSpec> pipelines, SchedulerOptions options = {},
            int lanes = 1) {
    std::vector<DeviceSpec> specs(static_cast<size_t>(devices), DeviceSpec{"npu", lanes});
    Make(std::move(specs), std::move(pipelines), options);
  }
  // One pipeline of one stage.
  void MakeStage(int devices, std::vector<int> gears, SchedulerOptions options = {}) {
    Make(devices, {{"p", 1, {Stage(std::move(gears))}}}, options);
  }
  void Make(std::vector<DeviceSpec> devices, std::vector<PipelineSpec> pipelines,
            SchedulerOptions options = {}) {
    const DeviceId count = static_cast<DeviceId>(devices.size());
    scheduler_ = std::make_unique<Scheduler>(std::move(devices), options);
    for (const PipelineSpec& pipeline : pipelines) {
      ASSERT_TRUE(scheduler_->AddPipeline(pipeline).ok());
    }
    for (DeviceId device = 0; device < count; ++device) {
      for (StageId stage = 0; stage < scheduler_->table().stages(); ++stage) {
        for (const int gear : scheduler_->table().stage(stage).spec.gears) {
          scheduler_->costs().Record(device, stage, gear, absl::Milliseconds(10 + gear), {});
        }
      }
    }
  }

  static SchedulerOptions NothingHeldBack() {
    SchedulerOptions options;
    options.lead = absl::Hours(1);
    return options;
  }

  JobSpec Spec(int64_t items, StageId stage = 0) {
    JobSpec spec;
    spec.request = ++last_request_;
    spec.stage = stage;
    spec.items = items;
    return spec;
  }
  JobSpec Pinned(int64_t items, DeviceId device) {
    JobSpec spec = Spec(items);
    spec.affinity = Affinity::kPinned;
    spec.device = device;
    return spec;
  }
  // The second stage of the request with 'first', whose outputs it wants.
  static JobSpec After(JobId producer, JobSpec first) {
    first.stage = 1;
    first.after = producer;
    return first;
  }
  JobId Submit(const JobSpec& spec) {
    const Submitted submitted = scheduler_->Submit(spec, now_);
    EXPECT_TRUE(submitted.status.ok()) << submitted.status;
    return submitted.job;
  }
  JobId Submit(int64_t items, StageId stage = 0) { return Submit(Spec(items, stage)); }

  void Pass(absl::Duration time) { now_ += time; }
  // Gives the batches of this call; what ended is kept.
  std::vector<ScheduledBatch> Advance() {
    Effects effects = scheduler_->Advance(now_);
    for (const JobEnd& end : effects.ended) {
      EXPECT_TRUE(ends_.emplace(end.job, end).second) << "job " << end.job << " ended twice";
    }
    for (const FencedDevice& fenced : effects.fenced) fenced_.push_back(fenced.device);
    wake_ = effects.wake;
    return std::move(effects.batches);
  }
  // As Advance, where there must be one batch.
  ScheduledBatch AdvanceToOne() {
    std::vector<ScheduledBatch> batches = Advance();
    EXPECT_EQ(batches.size(), 1u);
    return batches.empty() ? ScheduledBatch{} : std::move(batches.front());
  }
  void Run(const ScheduledBatch& batch) { scheduler_->OnBatchRun(batch.id, now_); }
  void End(const ScheduledBatch& batch, BatchResult result = BatchResult::kOk) {
    BatchOutcome outcome;
    outcome.result = result;
    if (result != BatchResult::kOk) outcome.status = absl::InternalError("on plan");
    scheduler_->OnBatchEnded(batch.id, outcome, now_);
  }
  // To the end of its device time, and all of it ends.
  void Complete(const ScheduledBatch& batch) {
    Pass(batch.expected);
    Run(batch);
    End(batch);
  }
  // Lets everything run to its end, one batch after the other; gives the batches.
  std::vector<ScheduledBatch> Drain() {
    std::vector<ScheduledBatch> all;
    std::vector<ScheduledBatch> open = Advance();
    while (!open.empty()) {
      all.push_back(open.front());
      Complete(open.front());
      open.erase(open.begin());
      for (ScheduledBatch& batch : Advance()) open.push_back(std::move(batch));
    }
    return all;
  }
  bool ended(JobId job) const { return ends_.contains(job); }
  EndReason reason(JobId job) const { return ends_.at(job).reason; }

  static std::vector<JobId> JobsOf(const ScheduledBatch& batch) {
    std::vector<JobId> jobs;
    for (const Segment& segment : batch.segments) jobs.push_back(segment.job);
    return jobs;
  }

  absl::Time now_ = absl::UnixEpoch();
  std::unique_ptr<Scheduler> scheduler_;
  std::map<JobId, JobEnd> ends_;
  std::vector<DeviceId> fenced_;
  absl::Time wake_;
  RequestId last_request_ = 0;
};

}  // namespace omserve::scheduling

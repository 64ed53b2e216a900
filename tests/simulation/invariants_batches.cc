// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// What must be true of a batch when it is formed.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/simulation/invariants.h"

namespace omserve::simulation {

using scheduling::DeviceId;
using scheduling::JobId;
using scheduling::Segment;

void Invariants::BatchOut(const TraceEvent& event) {
  const scheduling::ScheduledBatch& batch = event.batch;
  if (batches_.contains(batch.id)) return Break(event, "a batch's number was used twice");
  last_batch_ = std::max(last_batch_, batch.id);
  CheckShape(event);
  CheckLane(event);
  CheckAlone(event);
  for (const Segment& segment : batch.segments) CheckSegment(event, segment);
  CountOvertaken(event);
  const Job* const first = Find(batch.segments.front().job);
  batches_.emplace(batch.id, Batch{batch, false, first != nullptr && first->own_device});
  devices_[static_cast<size_t>(batch.device)]
      .lanes[static_cast<size_t>(batch.lane)]
      .batches.push_back(batch.id);
}

void Invariants::CheckShape(const TraceEvent& event) {
  const scheduling::ScheduledBatch& batch = event.batch;
  const std::vector<int>& gears = table_.stage(batch.stage).spec.gears;
  if (std::find(gears.begin(), gears.end(), batch.gear) == gears.end()) {
    Break(event, "the stage has no such gear");
  }
  int64_t rows = 0;
  for (const Segment& segment : batch.segments) {
    if (segment.row != rows || segment.items < 1) Break(event, "rows are not in a row");
    rows += segment.items;
  }
  if (rows != batch.items || rows < 1) Break(event, "the items of a batch do not add up");
  if (rows > batch.gear) Break(event, "a batch is above its gear");
}

void Invariants::CheckLane(const TraceEvent& event) {
  const scheduling::ScheduledBatch& batch = event.batch;
  const scheduling::StageTable::Stage& stage = table_.stage(batch.stage);
  const Device& device = devices_[static_cast<size_t>(batch.device)];
  if (device.fenced) Break(event, "a batch for a fenced device");
  if (!stage.allowed[static_cast<size_t>(batch.device)]) {
    Break(event, "the stage is not on that device");
  }
  if (batch.lane >= stage.spec.instances) Break(event, "the stage is not on that lane");
  const Lane& lane = device.lanes[static_cast<size_t>(batch.lane)];
  int ahead = 0;
  for (const scheduling::BatchId id : lane.batches) ahead += batches_.at(id).run ? 0 : 1;
  if (static_cast<int>(lane.batches.size()) >= options_.slots) Break(event, "a lane has no slot");
  if (ahead >= options_.ahead) Break(event, "a lane has too many batches ahead");
}

void Invariants::CheckAlone(const TraceEvent& event) {
  const scheduling::ScheduledBatch& batch = event.batch;
  bool own_batch = false;
  scheduling::RequestId alone = 0;
  std::set<JobId> jobs;
  std::set<scheduling::RequestId> requests;
  for (const Segment& segment : batch.segments) {
    const Job* const job = Find(segment.job);
    if (job == nullptr) continue;
    jobs.insert(segment.job);
    requests.insert(job->spec.request);
    own_batch = own_batch || job->own_batch || job->own_device;
    if (job->own_device) alone = job->spec.request;
    if (job->felled >= 2) Break(event, "a job goes to a third device");
  }
  if (own_batch && jobs.size() != 1) Break(event, "a job that must be alone has company");
  for (const Lane& lane : devices_[static_cast<size_t>(batch.device)].lanes) {
    for (const scheduling::BatchId id : lane.batches) {
      for (const Segment& segment : batches_.at(id).order.segments) {
        const Job* const other = Find(segment.job);
        if (alone != 0 && (other == nullptr || other->spec.request != alone)) {
          Break(event, "a job that must have the device to itself meets another");
        }
        if (other != nullptr && other->own_device && id >= other->alone_from &&
            !requests.contains(other->spec.request)) {
          Break(event, "a batch goes to a device that a job must have to itself");
        }
      }
    }
  }
}

void Invariants::CheckSegment(const TraceEvent& event, const Segment& segment) {
  const DeviceId device = event.batch.device;
  Job* const job = Find(segment.job);
  if (job == nullptr) return Break(event, absl::StrCat("job ", segment.job, " does not live"));
  if (job->spec.stage != event.batch.stage) Break(event, "an item of another stage");
  if (job->spec.budget_end <= event.now) Break(event, "an item starts after its budget's end");
  if (segment.first < 0 || segment.first + segment.items > job->spec.items) {
    return Break(event, "the job has no such item");
  }
  for (int64_t i = segment.first; i < segment.first + segment.items; ++i) {
    Item& item = job->items[static_cast<size_t>(i)];
    if (item != Item::kWaiting) {
      Break(event, absl::StrCat("item ", i, " of job ", segment.job, " runs a second time"));
    }
    item = Item::kInFlight;
  }
  CheckProducer(event, *job);
  const int life = devices_[static_cast<size_t>(device)].life;
  if (job->device >= 0 && job->device != device) Break(event, "a job left its device");
  if (job->device >= 0 && job->life != life) {
    Break(event, "a job goes on with what its device had before it was reset");
  }
  if (job->spec.lost) Break(event, "a job runs whose tensors are lost");
  if (!job->spec.spread) {
    job->device = device;
    job->life = life;
  }
  job->lane = job->lane == -1 || job->lane == event.batch.lane ? event.batch.lane : -2;
  job->fresh = false;
  job->waiting -= segment.items;
  stage_waiting_[static_cast<size_t>(job->spec.stage)] -= segment.items;
  if (job->waiting == 0) waiting_.erase(segment.job);
}

void Invariants::CheckProducer(const TraceEvent& event, const Job& job) {
  const Job* const producer = Find(job.spec.after);
  if (producer == nullptr) return;
  if (producer->waiting > 0) Break(event, "a job starts before all of its producer did");
  if (producer->device != event.batch.device || producer->lane != event.batch.lane) {
    Break(event, "a job starts before its producer ended, on another lane");
  }
}

absl::Duration Invariants::MostOvertaken(const Job& job) const {
  const scheduling::StageTable::Stage& stage = table_.stage(job.spec.stage);
  const size_t index = static_cast<size_t>(job.spec.stage);
  double weights = 0;
  absl::Duration longest;
  for (int i = 0; i < table_.pipelines(); ++i) weights += table_.pipeline(i).weight;
  for (const absl::Duration batch : longest_) longest = std::max(longest, batch);
  absl::Duration most = options_.aging + 2 * options_.patience + 30 * longest;
  most += options_.share * job.spec.items * per_item_[index];
  if (job.spec.priority == scheduling::Priority::kBatch) most += options_.batch_offset;
  return 2 * weights / table_.pipeline(stage.pipeline).weight * most;
}

void Invariants::CountOvertaken(const TraceEvent& event) {
  const scheduling::ScheduledBatch& batch = event.batch;
  const size_t stage = static_cast<size_t>(batch.stage);
  longest_[stage] = std::max(longest_[stage], batch.expected);
  per_item_[stage] = std::max(per_item_[stage], batch.expected / batch.gear);
  absl::Time oldest = absl::InfiniteFuture();
  for (const Segment& segment : batch.segments) {
    if (const Job* job = Find(segment.job)) oldest = std::min(oldest, job->request_in);
  }
  const size_t device = static_cast<size_t>(batch.device);
  for (const JobId id : waiting_) {
    Job& job = jobs_.at(id);
    const scheduling::StageTable::Stage& info = table_.stage(job.spec.stage);
    const bool could = job.device < 0 ? info.allowed[device] : job.device == batch.device;
    if (!could || batch.lane >= info.spec.instances || oldest <= job.request_in ||
        !Ready(job, batch.lane)) {
      continue;
    }
    int64_t devices = 1;
    if (job.device < 0) {
      devices = std::count(info.allowed.begin(), info.allowed.end(), true);
    }
    job.overtaken += batch.expected / devices;
    if (job.overtaken > MostOvertaken(job)) {
      Break(event, absl::StrCat("job ", id, " starves: later ones got ",
                                absl::FormatDuration(job.overtaken), " of its devices"));
      job.overtaken = -absl::InfiniteDuration();
    }
  }
}

}  // namespace omserve::simulation

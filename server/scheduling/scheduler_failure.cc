// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// What becomes of batches, and of devices and jobs that fail.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "server/scheduling/scheduler.h"

namespace omserve::scheduling {

void Scheduler::OnBatchRun(BatchId id, absl::Time now) {
  const auto found = batches_.find(id);
  if (found == batches_.end() || found->second.run) return;
  found->second.run = true;
  found->second.run_at = now;
  Lane& lane =
      device_of(found->second.order.device).lanes[static_cast<size_t>(found->second.order.lane)];
  --lane.ahead;
  Retime(lane, now);
}

// After a batch came to the front of a lane's queue, or out of it.
void Scheduler::Retime(Lane& lane, absl::Time now) {
  lane.hangs = absl::InfiniteFuture();
  lane.free = now;
  const size_t first = lane.batches.size() - static_cast<size_t>(lane.ahead);
  for (size_t i = first; i < lane.batches.size(); ++i) {
    lane.free += batches_.at(lane.batches[i]).order.expected;
  }
  if (first > 0) {  // its results are being copied
    lane.hangs = batches_.at(lane.batches.front()).run_at + options_.hang_least;
  }
  if (lane.ahead == 0) return;
  const ScheduledBatch& running = batches_.at(lane.batches[first]).order;
  const bool measured = costs_.measured(running.device, running.stage, running.gear);
  lane.hangs = std::min(
      lane.hangs,
      now + (measured ? std::max(options_.hang_least, options_.hang_factor * running.expected)
                      : options_.hang_unknown));
}

void Scheduler::Watch(absl::Time now) {
  for (size_t i = 0; i < devices_.size(); ++i) {
    const std::vector<Lane>& lanes = devices_[i].lanes;
    const bool hangs = std::any_of(lanes.begin(), lanes.end(),
                                   [now](const Lane& lane) { return lane.hangs <= now; });
    if (!hangs || devices_[i].fenced) continue;
    Fence(static_cast<DeviceId>(i),
          absl::DeadlineExceededError(absl::StrCat("a batch on device ", i, " hangs")));
  }
}

void Scheduler::OnBatchEnded(BatchId id, const BatchOutcome& outcome, absl::Time now) {
  const auto found = batches_.find(id);
  if (found == batches_.end()) return;
  if (outcome.result == BatchResult::kDeviceLost) {
    return Fence(found->second.order.device, outcome.status);
  }
  auto node = batches_.extract(found);
  const Batch& batch = node.mapped();
  Settle(batch, outcome, now);
  spare_batches_.Keep(std::move(node));
}

void Scheduler::Settle(const Batch& batch, const BatchOutcome& outcome, absl::Time now) {
  const ScheduledBatch& order = batch.order;
  DeviceState& device = device_of(order.device);
  Lane& lane = device.lanes[static_cast<size_t>(order.lane)];
  std::erase(lane.batches, order.id);
  if (!batch.run) --lane.ahead;
  if (device.alone == order.id) device.alone = 0;
  Retime(lane, now);
  if (outcome.execute > absl::ZeroDuration()) {
    const PipelineId pipeline = table_.stage(order.stage).pipeline;
    device.shares[static_cast<size_t>(pipeline)].used +=
        absl::ToDoubleSeconds(outcome.execute - order.expected) / table_.pipeline(pipeline).weight;
  }
  switch (outcome.result) {
    case BatchResult::kInputFault:
      return BlameInput(batch, outcome.status);
    case BatchResult::kDeviceFault:
      return BlameDevice(batch, outcome.status);
    case BatchResult::kUnclear:
      return RunApart(batch);
    case BatchResult::kOk:
    case BatchResult::kDeviceLost:
      break;
  }
  device.faults = 0;
  costs_.Record(order.device, order.stage, order.gear, outcome.execute, outcome.copy_in);
  for (const Segment& segment : order.segments) {
    if (Job* const job = Find(segment.job)) EndItems(*job, segment);
  }
}

void Scheduler::EndItems(Job& job, const Segment& segment) {
  if (job.redo) return ReturnItems(job, segment);
  job.in_flight -= segment.items;
  job.done += segment.items;
  if (job.done == job.spec.items) End(job.id, EndReason::kDone, absl::OkStatus());
}

void Scheduler::ReturnItems(Job& job, const Segment& segment) {
  Dequeue(job);
  job.in_flight -= segment.items;
  if (job.redo) {
    if (job.in_flight == 0) Redo(job);
    return;
  }
  const auto after = std::find_if(job.waiting.begin(), job.waiting.end(),
                                  [&](const auto& range) { return range.first > segment.first; });
  job.waiting.insert(after, {segment.first, segment.first + segment.items});
  CountWaiting(job, segment.items);
  SetExpiry(job);
  Enqueue(job);
  RedoConsumers(job);
}

// All items of the job wait again, as soon as none is on a device.
void Scheduler::Redo(Job& job) {
  Dequeue(job);
  job.redo = job.in_flight > 0;
  if (job.redo) return;
  CountWaiting(job, job.spec.items - job.waiting_items());
  job.waiting.assign(1, {0, job.spec.items});
  job.done = 0;
  job.lane = job.only_lane = Job::kNoLane;
  SetExpiry(job);
  Enqueue(job);
}

// What ran on outputs that are made again is worth nothing.
void Scheduler::RedoConsumers(const Job& job) {
  for (const JobId id : std::vector<JobId>(job.consumers)) {
    Job* const consumer = Find(id);
    if (consumer == nullptr) continue;
    Redo(*consumer);
    RedoConsumers(*consumer);
  }
}

void Scheduler::RunApart(const Batch& batch) {
  for (const Segment& segment : batch.order.segments) {
    Job* const job = Find(segment.job);
    if (job == nullptr) continue;
    Dequeue(*job);
    job->isolation = Isolation::kOwnDevice;
    ReturnItems(*job, segment);
  }
}

void Scheduler::BlameInput(const Batch& batch, const absl::Status& why) {
  const std::vector<Segment>& segments = batch.order.segments;
  const JobId first = segments.front().job;
  const bool one = std::all_of(segments.begin(), segments.end(),
                               [first](const Segment& s) { return s.job == first; });
  for (const Segment& segment : segments) {
    Job* const job = Find(segment.job);
    if (job == nullptr) continue;
    if (one && !job->redo) {
      End(job->id, EndReason::kInputFault, why);
      continue;
    }
    Dequeue(*job);
    job->isolation = std::max(job->isolation, Isolation::kOwnBatch);
    ReturnItems(*job, segment);
  }
}

void Scheduler::BlameDevice(const Batch& batch, const absl::Status& why) {
  JobId last = 0;
  for (const Segment& segment : batch.order.segments) {
    Job* const job = Find(segment.job);
    if (job == nullptr) continue;
    if (!job->redo && job->id != last) ++job->failures;
    last = job->id;
    if (job->failures > options_.faults_of_a_job) {
      End(job->id, EndReason::kDeviceFault, why);
    } else {
      ReturnItems(*job, segment);
    }
  }
  DeviceState& device = device_of(batch.order.device);
  if (++device.faults >= options_.faults_in_a_row) Fence(batch.order.device, why);
}

void Scheduler::Fence(DeviceId id, const absl::Status& why) {
  DeviceState& device = device_of(id);
  if (device.fenced) return;
  device.fenced = true;
  CountDevices();
  effects_.fenced.push_back({id, why});
  std::map<JobId, bool> on_device;  // and whether it may be the reason
  for (Lane& lane : device.lanes) {
    for (const BatchId batch_id : lane.batches) {
      const auto batch = batches_.find(batch_id);
      for (const Segment& segment : batch->second.order.segments) {
        Job* const job = Find(segment.job);
        if (job == nullptr) continue;
        on_device[job->id] |= !batch->second.run;
        ReturnItems(*job, segment);
      }
      batches_.erase(batch);
    }
    lane = Lane{};
  }
  for (const auto& [job_id, job] : jobs_) {
    const bool tensors = job.spec.affinity != Affinity::kFree && job.spec.device == id;
    if (job.bound == id || tensors) on_device.try_emplace(job_id, false);
  }
  for (const auto& [job_id, suspect] : on_device) {
    if (Job* const job = Find(job_id)) Evict(*job, id, suspect, why);
  }
  EndUnplaced();
}

void Scheduler::Revive(DeviceId id, absl::Time now) {
  DeviceState& device = device_of(id);
  if (!device.fenced) return;
  device.fenced = false;
  CountDevices();
  device.guard = 0;
  device.alone = 0;
  device.faults = 0;
  for (Lane& lane : device.lanes) {
    lane = Lane{};
    lane.free = now;
  }
  std::fill(device.passed.begin(), device.passed.end(), absl::ZeroDuration());
}

void Scheduler::Evict(Job& job, DeviceId device, bool suspect, const absl::Status& why) {
  const std::string failed = absl::StrCat("device ", device, " has failed: ", why.message());
  if (suspect && job.felled) {
    return End(job.id, EndReason::kPoison,
               absl::InternalError("the request was on two devices when they failed"), true);
  }
  const bool lost = job.spec.affinity != Affinity::kFree && job.spec.device == device;
  if (lost) return End(job.id, EndReason::kRestart, absl::UnavailableError(failed), suspect);
  Dequeue(job);
  if (suspect) {
    job.isolation = Isolation::kOwnDevice;
    job.felled = true;
  }
  if (job.bound == device) job.bound = -1;
  if (job.spec.spread) return Enqueue(job);  // what has run is in host memory
  Redo(job);
}

void Scheduler::EndUnplaced() {
  std::vector<JobId> unplaced;
  for (const auto& [id, job] : jobs_) {
    if (AnyDevice(job.spec.stage) < 0) unplaced.push_back(id);
  }
  for (const JobId id : unplaced) {
    End(id, EndReason::kNoDevice,
        absl::UnavailableError("no device is left that can run the stage"));
  }
}

}  // namespace omserve::scheduling

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/scheduling/scheduler.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "pipelines/base/status_macros.h"

namespace omserve::scheduling {
namespace {

// Of a new request in the average of items a request.
constexpr double kItemsWeight = 0.05;

}  // namespace

Scheduler::Scheduler(std::vector<DeviceSpec> devices, SchedulerOptions options)
    : table_(std::move(devices)), options_(options), costs_(table_) {
  for (const DeviceSpec& spec : table_.devices()) {
    one_type_ = one_type_ && spec.type == table_.devices().front().type;
    devices_.emplace_back();
    devices_.back().lanes.resize(static_cast<size_t>(spec.lanes));
  }
}

absl::StatusOr<PipelineId> Scheduler::AddPipeline(const PipelineSpec& spec) {
  OMSERVE_ASSIGN_OR_RETURN(const PipelineId id, table_.Add(spec));
  costs_.Grow();
  while (stages_.size() < static_cast<size_t>(table_.stages())) {
    stages_.emplace_back(devices_.size());
  }
  for (DeviceState& device : devices_) {
    device.shares.resize(static_cast<size_t>(table_.pipelines()));
    device.passed.resize(static_cast<size_t>(table_.stages()));
    device.shares[static_cast<size_t>(id)] = Share();
  }
  // The numbers may have been another one's.
  const StageTable::Pipeline& added = table_.pipeline(id);
  for (StageId stage = added.first; stage < added.first + added.count; ++stage) {
    costs_.Reset(stage);
    state_of(stage) = StageState(devices_.size());
    for (DeviceState& device : devices_) device.passed[static_cast<size_t>(stage)] = {};
  }
  CountDevices();
  return id;
}

void Scheduler::CountDevices() {
  for (StageId stage = 0; stage < table_.stages(); ++stage) {
    StageState& state = state_of(stage);
    state.any = -1;
    state.alive = 0;
    for (size_t i = 0; i < devices_.size(); ++i) {
      if (!table_.stage(stage).allowed[i] || devices_[i].fenced) continue;
      if (state.alive++ == 0) state.any = static_cast<DeviceId>(i);
    }
  }
}

bool Scheduler::RemovePipeline(PipelineId pipeline) {
  const auto of_it = [pipeline](const auto& entry) { return entry.second.pipeline == pipeline; };
  const bool on_device = std::any_of(batches_.begin(), batches_.end(), [&](const auto& entry) {
    return table_.stage(entry.second.order.stage).pipeline == pipeline;
  });
  if (on_device || std::any_of(jobs_.begin(), jobs_.end(), of_it)) return false;
  std::vector<RequestId> left;
  for (const auto& [id, request] : requests_) {
    if (request.pipeline == pipeline) left.push_back(id);
  }
  for (const RequestId id : left) EndRequest(id, false);
  table_.Remove(pipeline);
  CountDevices();
  return true;
}

void Scheduler::EndPipeline(PipelineId pipeline) {
  table_.Close(pipeline);
  std::vector<JobId> ids;
  for (const auto& [id, job] : jobs_) {
    if (job.pipeline == pipeline) ids.push_back(id);
  }
  const absl::Status why = absl::UnavailableError("the model is stopping; try again");
  for (const JobId id : ids) End(id, EndReason::kClosed, why);
}

Job* Scheduler::Find(JobId id) {
  if (id == 0) return nullptr;
  const auto found = jobs_.find(id);
  return found == jobs_.end() ? nullptr : &found->second;
}

int Scheduler::alive_devices() const {
  return static_cast<int>(std::count_if(devices_.begin(), devices_.end(),
                                        [](const DeviceState& d) { return !d.fenced; }));
}

absl::Status Scheduler::Check(const JobSpec& spec) const {
  const auto wrong = [](const char* what) { return absl::InvalidArgumentError(what); };
  if (spec.request <= 0) return wrong("a job needs the number of its request");
  if (spec.stage < 0 || spec.stage >= table_.stages()) return wrong("there is no such stage");
  if (spec.items < 0) return wrong("a job cannot have fewer than 0 items");
  const StageTable::Stage& stage = table_.stage(spec.stage);
  if (spec.affinity != Affinity::kFree && spec.after == 0) {
    if (spec.device < 0 || static_cast<size_t>(spec.device) >= devices_.size()) {
      return wrong("there is no such device");
    }
    if (spec.affinity == Affinity::kPinned && !stage.allowed[static_cast<size_t>(spec.device)]) {
      return wrong("the stage is not on the device that its inputs are on");
    }
  }
  if (spec.spread && (spec.affinity != Affinity::kFree || spec.after != 0)) {
    return wrong("only a job with inputs in host memory can be spread");
  }
  if (const auto producer = jobs_.find(spec.after); spec.after != 0 && producer != jobs_.end()) {
    if (producer->second.spec.request != spec.request)
      return wrong("'after' is not of the request");
    if (producer->second.spec.spread) return wrong("the outputs of 'after' are on several devices");
  }
  if (stage.pipeline < 0 || !table_.pipeline(stage.pipeline).open) {
    return absl::UnavailableError("the model is stopping; try again");
  }
  if (AnyDevice(spec.stage) < 0) {
    return absl::UnavailableError("no device is left that can run the stage");
  }
  return absl::OkStatus();
}

Submitted Scheduler::Submit(const JobSpec& spec, absl::Time now) {
  Submitted result;
  result.status = Check(spec);
  if (!result.status.ok()) return result;
  StageState& state = state_of(spec.stage);
  const StageTable::Stage& stage = table_.stage(spec.stage);
  result.items_cut = table_.ItemsCut(spec.stage, spec.items);
  const int64_t items = spec.items - result.items_cut;

  Job* replaced = nullptr;
  if (spec.stream != 0) {
    const auto stream = streams_.find({spec.stream, spec.stage});
    if (stream != streams_.end()) replaced = Find(stream->second);
  }
  const int64_t before = state.waiting - (replaced == nullptr ? 0 : replaced->waiting_items());
  if (items > 0 && before > 0 && before + items > stage.spec.max_queue_items) {
    const GearPlan& plan = costs_.Plan(AnyDevice(spec.stage), spec.stage);
    result.retry_after =
        plan.Time(before + items - stage.spec.max_queue_items) / std::max(1, alive_devices());
    result.status = absl::ResourceExhaustedError(
        absl::StrCat("the queue of the stage is full, try again later; items waiting: ", before));
    return result;
  }
  if (replaced != nullptr) {
    End(replaced->id, EndReason::kSuperseded, absl::AbortedError("a newer frame came"));
  }

  Request& request = RequestOf(spec, now);
  Request::Visit& visit = request.visits[static_cast<size_t>(stage.position)];
  if (!visit.came) {
    state.items_a_request += kItemsWeight * (static_cast<double>(items) - state.items_a_request);
    visit.came = true;
  }
  Reserve(request, spec.stage, 0);

  const JobId id = result.job = ++last_job_;
  Job& job = spare_jobs_.Add(jobs_, id);
  job = Job();
  job.id = id;
  job.spec = spec;
  job.spec.items = items;
  job.pipeline = stage.pipeline;
  job.enqueued = now;
  if (spec.alone) job.isolation = Isolation::kOwnBatch;
  if (spec.suspect) job.isolation = Isolation::kOwnDevice;
  job.felled = spec.suspect;
  if (spec.affinity == Affinity::kPinned && spec.after == 0) job.bound = spec.device;
  request.jobs.push_back(id);
  if (Job* producer = Find(spec.after)) {
    producer->consumers.push_back(id);
    if (producer->lane >= 0) producer->only_lane = producer->lane;
  } else {
    job.spec.after = 0;
    if (spec.affinity == Affinity::kPinned) job.bound = spec.device;
  }
  if (items > 0) job.waiting.push_back({0, items});
  CountWaiting(job, items);
  SetTimes(job, request.since);
  if (items == 0) {
    End(id, EndReason::kDone, absl::OkStatus());
  } else if (spec.lost || (job.spec.after == 0 && spec.affinity != Affinity::kFree &&
                           device_of(spec.device).fenced)) {
    End(id, EndReason::kRestart,
        absl::UnavailableError(absl::StrCat("device ", spec.device, " has failed")));
  } else {
    if (spec.stream != 0) streams_[{spec.stream, spec.stage}] = id;
    SetExpiry(job);
    Enqueue(job);
  }
  return result;
}

// It cannot be replaced by a newer job any more.
void Scheduler::Advance(absl::Time now, Effects& effects) {
  Watch(now);  // what comes back from a device may be too late now
  Expire(now);
  effects_.wake = absl::InfiniteFuture();
  Dispatch(now);
  if (!expiries_.empty()) effects_.wake = std::min(effects_.wake, expiries_.first().expiry);
  std::swap(effects, effects_);
  effects_.ended.clear();
  effects_.batches.clear();
  effects_.fenced.clear();
}

}  // namespace omserve::scheduling

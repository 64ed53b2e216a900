// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/scheduling/scheduler.h"

#include <algorithm>
#include <cmath>

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

void Scheduler::SetTimes(Job& job, absl::Time since) {
  const StageId stage = job.spec.stage;
  const GearPlan& plan = costs_.Plan(job.bound >= 0 ? job.bound : AnyDevice(stage), stage);
  const int64_t first = std::min<int64_t>(job.spec.items, table_.stage(stage).max_gear());
  job.due = job.spec.budget_end - ExpectedAfter(stage);
  // As its first batch must start, not as if all its items were one: else a large one would be
  // the more urgent for being large.
  job.base = std::min(job.due - plan.Time(first), since + options_.aging);
  if (job.spec.priority == Priority::kBatch) job.base += options_.batch_offset;
  job.step = StepOf(stage, plan);
}

absl::Duration Scheduler::StepOf(StageId stage, const GearPlan& plan) {
  StageState& state = state_of(stage);
  if (state.per_item != plan.per_item()) {
    state.per_item = plan.per_item();
    state.step = options_.share * state.per_item;
  }
  return state.step;
}

void Scheduler::SetExpiry(Job& job, bool only_later) {
  if (job.spec.budget_end == absl::InfiniteFuture()) return;
  const StageId stage = job.spec.stage;
  absl::Duration least;
  if (!job.waiting.empty()) {
    const DeviceId device = job.bound >= 0 ? job.bound : AnyDevice(stage);
    if (device >= 0 && (one_type_ || job.bound >= 0)) least = costs_.Least(device, stage);
    const int64_t gear = table_.stage(stage).max_gear();
    const bool one_by_one = device >= 0 && !job.spec.spread && device_of(device).lanes.size() == 1;
    const int64_t batches = (job.waiting_items() + gear - 1) / gear;
    if (one_by_one && batches > 1) least *= batches;
  }
  const absl::Time expiry = job.spec.budget_end - LeastAfter(stage) - least;
  if (only_later && expiry <= job.expiry) return;
  expiries_.Set(job, expiry);
}

absl::Duration Scheduler::ExpectedAfter(StageId stage) const {
  absl::Duration total;
  for (StageId next = stage + 1; next <= stage + table_.stage(stage).left; ++next) {
    const DeviceId device = AnyDevice(next);
    const int64_t items = std::llround(state_of(next).items_a_request);
    if (device >= 0 && items > 0) total += costs_.Plan(device, next).Time(items);
  }
  return total;
}

absl::Duration Scheduler::LeastAfter(StageId stage) const {
  absl::Duration total;
  for (StageId next = stage + 1; next <= stage + table_.stage(stage).left; ++next) {
    const DeviceId device = AnyDevice(next);
    if (table_.stage(next).spec.skippable || device < 0 || !one_type_) continue;
    total += costs_.Least(device, next);
  }
  return total;
}

void Scheduler::CountWaiting(const Job& job, int64_t items) {
  StageState& state = state_of(job.spec.stage);
  state.waiting += items;
  state.outstanding[static_cast<size_t>(job.spec.priority)] += static_cast<double>(items);
}

bool Scheduler::Ready(const Job& job) const {
  if (job.redo || job.waiting.empty()) return false;
  if (job.spec.after == 0) return true;
  const auto found = jobs_.find(job.spec.after);
  if (found == jobs_.end()) return true;
  const Job& producer = found->second;
  return producer.waiting.empty() && !producer.redo && producer.lane >= 0 &&
         producer.lane < table_.stage(job.spec.stage).spec.instances &&
         table_.stage(job.spec.stage).allowed[static_cast<size_t>(producer.bound)];
}

void Scheduler::Enqueue(Job& job) {
  if (job.queued || !Ready(job)) return;
  if (const Job* const producer = Find(job.spec.after)) {
    job.bound = producer->bound;
    job.only_lane = producer->lane;
  }
  state_of(job.spec.stage).queue.Insert(job);
  queued_items_ += job.waiting_items();
}

void Scheduler::Dequeue(Job& job) {
  if (!job.queued) return;
  queued_items_ -= job.waiting_items();
  state_of(job.spec.stage).queue.Remove(job);
}

void Scheduler::Cancel(JobId job) {
  End(job, EndReason::kCancelled, absl::CancelledError("the caller has gone"));
}

void Scheduler::Expire(absl::Time now) {
  while (!expiries_.empty() && expiries_.first().expiry <= now) {
    const Job& job = expiries_.first();
    const bool predicted = now < job.spec.budget_end;
    if (predicted && AnyDevice(job.spec.stage) >= 0) {
      costs_.Doubt(job.bound >= 0 ? job.bound : AnyDevice(job.spec.stage), job.spec.stage);
    }
    End(job.id, EndReason::kExpired,
        absl::DeadlineExceededError(predicted ? "the request cannot end before its deadline"
                                              : "the deadline has passed"),
        false, predicted);
  }
}

void Scheduler::End(JobId id, EndReason reason, const absl::Status& status, bool suspect,
                    bool predicted) {
  const auto found = jobs_.find(id);
  if (found == jobs_.end()) return;
  Job& job = found->second;
  Dequeue(job);
  CountWaiting(job, -job.waiting_items());
  expiries_.Remove(job);
  LeaveStream(job);
  if (const auto request = requests_.find(job.spec.request); request != requests_.end()) {
    auto& jobs = request->second.jobs;
    const auto own = std::find(jobs.begin(), jobs.end(), id);
    if (own != jobs.end()) jobs.erase(own);
  }
  if (Job* producer = Find(job.spec.after)) {
    std::erase(producer->consumers, id);
    if (producer->consumers.empty() && producer->only_lane == producer->lane) {
      Dequeue(*producer);
      producer->only_lane = Job::kNoLane;
      Enqueue(*producer);
    }
  }
  effects_.ended.push_back({id, job.spec.request, reason, status, suspect, predicted});
  auto node = jobs_.extract(found);
  const Job& ended = node.mapped();
  for (const JobId consumer_id : ended.consumers) {
    Job* const consumer = Find(consumer_id);
    if (consumer == nullptr) continue;
    if (reason != EndReason::kDone) {
      End(consumer_id, reason, status, suspect, predicted);
      continue;
    }
    Dequeue(*consumer);
    consumer->spec.after = 0;
    const bool on_lane = consumer->lane >= 0 && !consumer->consumers.empty();
    consumer->only_lane = on_lane ? consumer->lane : Job::kNoLane;
    if (ended.bound >= 0) {
      // Its tensors are where its producer was. They move when they may, and when they must.
      const bool stays =
          table_.stage(consumer->spec.stage).allowed[static_cast<size_t>(ended.bound)];
      if (consumer->spec.affinity != Affinity::kPreferred || !stays) {
        consumer->spec.affinity = stays ? Affinity::kPinned : Affinity::kPreferred;
      }
      consumer->spec.device = ended.bound;
      consumer->bound = consumer->spec.affinity == Affinity::kPinned ? ended.bound : -1;
    }
    Enqueue(*consumer);
  }
  spare_jobs_.Keep(std::move(node));
}

// It cannot be replaced by a newer job any more.
void Scheduler::LeaveStream(const Job& job) {
  if (job.spec.stream == 0) return;
  const auto stream = streams_.find({job.spec.stream, job.spec.stage});
  if (stream != streams_.end() && stream->second == job.id) streams_.erase(stream);
}

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

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/batching/batch_engine.h"

#include <algorithm>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "pipelines/base/status_macros.h"
#include "server/base/keep_for_ever.h"
#include "server/batching/batch_outcome.h"
#include "server/batching/gear_timer.h"
#include "server/batching/promised_rows.h"
#include "spdlog/spdlog.h"

namespace omserve {
namespace {

constexpr absl::Duration kIdleTimer = absl::Seconds(3600);

BatchObserver& OrNone(BatchObserver* observer) {
  static BatchObserver none;
  return observer == nullptr ? none : *observer;
}

scheduling::Priority PriorityOf(const RequestContext& context) {
  return context.priority() == Priority::kBatch ? scheduling::Priority::kBatch
                                                : scheduling::Priority::kInteractive;
}

absl::Status StatusOf(const scheduling::JobEnd& end) {
  return end.reason == scheduling::EndReason::kDone ? absl::OkStatus() : end.status;
}

}  // namespace

BatchEngine::BatchEngine(DeviceSet& devices, Executor& executor, const Clock& clock,
                         BatchObserver& observer, EngineOptions options,
                         std::vector<scheduling::DeviceSpec> specs)
    : devices_(devices),
      executor_(executor),
      clock_(clock),
      observer_(observer),
      options_(std::move(options)),
      mover_(devices, clock),
      cache_(options_.cache_dir),
      scheduler_(std::move(specs), options_.scheduling),
      lending_(devices.size()) {}

std::vector<std::string_view> CallEndReasons() {
  std::vector<std::string_view> names;
  for (int i = 0; i < scheduling::kEndReasons; ++i) {
    names.push_back(scheduling::EndReasonName(static_cast<scheduling::EndReason>(i)));
  }
  return names;
}

absl::StatusOr<std::unique_ptr<BatchEngine>> BatchEngine::Create(DeviceSet& devices,
                                                                 Executor& executor,
                                                                 const Clock& clock,
                                                                 BatchObserver* observer,
                                                                 EngineOptions options) {
  if (options.lanes < 1) return absl::InvalidArgumentError("a device needs at least one lane");
  std::vector<scheduling::DeviceSpec> specs;
  for (size_t i = 0; i < devices.size(); ++i) {
    specs.push_back({devices.device(i).soc_name(), options.lanes});
  }
  auto engine = absl::WrapUnique(new BatchEngine(devices, executor, clock, OrNone(observer),
                                                 std::move(options), std::move(specs)));
  OMSERVE_RETURN_IF_ERROR(engine->MakeLanes());
  engine->timer_thread_ = Thread("scheduler", [engine = engine.get()] { engine->TimerLoop(); });
  return engine;
}

absl::Status BatchEngine::MakeLanes() {
  for (size_t device = 0; device < devices_.size(); ++device) {
    lanes_.emplace_back();
    for (int lane = 0; lane < options_.lanes; ++lane) {
      OMSERVE_ASSIGN_OR_RETURN(auto made, DeviceLane::Create(lane, device, devices_, mover_, clock_,
                                                             *this, options_.scheduling.slots));
      lanes_.back().push_back(std::move(made));
    }
  }
  return absl::OkStatus();
}

BatchEngine::~BatchEngine() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  timer_.NotifyAll();
  timer_thread_.Join();
  for (auto& lanes : lanes_) {
    for (auto& lane : lanes) {
      // The device may write to what the lane holds until the process ends.
      if (lane->stuck()) KeepForEver(std::move(lane));
    }
  }
  lanes_.clear();
}

bool BatchEngine::stuck() const {
  return std::any_of(lanes_.begin(), lanes_.end(), [](const auto& lanes) {
    return std::any_of(lanes.begin(), lanes.end(), [](const auto& l) { return l->stuck(); });
  });
}

absl::StatusOr<scheduling::PipelineId> BatchEngine::AddPipeline(
    const std::string& name, double weight,
    const std::vector<std::unique_ptr<EngineStage>>& stages) {
  scheduling::PipelineSpec spec{name, weight, {}};
  for (const auto& stage : stages) {
    const StageSpec& from = stage->spec();
    scheduling::StageSpec to;
    to.name = from.name;
    to.gears = stage->info().gears;
    to.instances = std::min(from.instances, options_.lanes);
    to.max_queue_items = from.max_queue_items;
    to.max_items_per_request = from.max_items_per_request;
    to.max_delay = from.max_delay;
    to.skippable = from.skippable;
    for (size_t device = 0; device < devices_.size(); ++device) {
      if (stage->model(device) != nullptr) to.devices.push_back(static_cast<int>(device));
    }
    spec.stages.push_back(std::move(to));
  }
  scheduling::PipelineId id = -1;
  {
    MutexLock lock(mutex_);
    OMSERVE_ASSIGN_OR_RETURN(id, scheduler_.AddPipeline(spec));
    scheduling::StageId next = scheduler_.table().pipeline(id).first;
    stages_.resize(static_cast<size_t>(scheduler_.table().stages()));
    for (const auto& stage : stages) {
      stage->set_id(next);
      stages_[static_cast<size_t>(next++)] = stage.get();
    }
  }
  // Nobody calls yet.
  for (const auto& stage : stages) {
    const auto rows = TimeGears(*stage, *this, cache_);
    if (!rows.ok()) {
      RemovePipeline(id);
      return rows.status();
    }
    MutexLock lock(mutex_);
    scheduler_.costs().Restore(stage->id(), *rows);
  }
  return id;
}

bool BatchEngine::EndPipeline(scheduling::PipelineId pipeline) {
  Aftermath after;
  {
    MutexLock lock(mutex_);
    scheduler_.EndPipeline(pipeline);
    after = Turn();
  }
  Conclude(std::move(after));
  MutexLock lock(mutex_);
  // Each look is short: a device that hangs is given up by the watchdog, and then nobody tells.
  while (OnDevices(pipeline) && !stuck()) left_.WaitFor(mutex_, absl::Milliseconds(100));
  return !OnDevices(pipeline) && !stuck();
}

bool BatchEngine::OnDevices(scheduling::PipelineId pipeline) const {
  for (const auto& [id, order] : batches_) {
    if (scheduler_.table().stage(order.stage).pipeline == pipeline) return true;
  }
  return false;
}

int64_t BatchEngine::NumberOf(RequestContext& context) {
  if (context.number() == 0) context.set_number(++last_request_);
  return context.number();
}

absl::Time BatchEngine::Now() { return last_now_ = std::max(last_now_, clock_.Now()); }

Admitted BatchEngine::Admit(scheduling::PipelineId pipeline, RequestContext& context,
                            int64_t bytes) {
  MutexLock lock(mutex_);
  scheduling::RequestSpec spec;
  spec.request = NumberOf(context);
  spec.pipeline = pipeline;
  spec.bytes = bytes;
  spec.budget_end = context.deadline();
  spec.priority = PriorityOf(context);
  const scheduling::Admission admission = scheduler_.Admit(spec, Now());
  return {admission.status, admission.retry_after};
}

void BatchEngine::Leave(RequestContext& context, bool completed) {
  Aftermath after;
  {
    MutexLock lock(mutex_);
    if (context.number() == 0) return;
    scheduler_.EndRequest(context.number(), completed);
    after = Turn();
  }
  Conclude(std::move(after));
}

void BatchEngine::Cancel(RequestContext& context) {
  context.Cancel();
  Aftermath after;
  {
    MutexLock lock(mutex_);
    const auto jobs = requests_.find(context.number());
    if (jobs == requests_.end()) return;
    for (const int64_t job : jobs->second) scheduler_.Cancel(job);
    after = Turn();
  }
  Conclude(std::move(after));
}

StagePromise BatchEngine::Submit(const EngineStage& stage, StageCall call, RequestContext& context,
                                 ModelRunner::Done done, Gate::Pass pass) {
  StagePromise promise;
  scheduling::JobSpec spec;
  Aftermath after;
  absl::Status refused;
  {
    MutexLock lock(mutex_);
    const absl::Time now = Now();
    spec.request = NumberOf(context);
    spec.stage = stage.id();
    spec.items = call.items;
    spec.budget_end = context.deadline();
    spec.priority = PriorityOf(context);
    spec.stream = context.stream();
    spec.suspect = context.suspect();
    spec.alone = options_.plain || call.alone;
    refused = Place(call, stage, spec);
    scheduling::Submitted submitted;
    if (refused.ok()) {
      submitted = scheduler_.Submit(spec, now);
      refused = submitted.status;
    }
    if (refused.ok()) {
      call.items -= submitted.items_cut;
      auto pending = std::make_shared<PendingCall>(std::move(call), stage, context, std::move(done),
                                                   std::move(pass), now);
      pending->set_job(submitted.job, spec.request);
      pending->set_items_cut(submitted.items_cut);
      promise.resize(stage.info().outputs.size());
      for (const int output : pending->call().keep) {
        promise[static_cast<size_t>(output)].device =
            std::make_shared<PromisedRows>(pending, static_cast<size_t>(output));
      }
      calls_[submitted.job] = std::move(pending);
      requests_[spec.request].push_back(submitted.job);
      // The caller may have gone before it could find the job.
      if (context.cancelled()) scheduler_.Cancel(submitted.job);
    }
    after = Turn();
    after.depths.emplace_back(&stage, scheduler_.waiting_items(stage.id()));
  }
  if (options_.submit_here && !after.lanes.empty()) {
    DeviceLane* const lane = after.lanes.back();
    after.lanes.pop_back();
    lane->SubmitHere();
  }
  if (!refused.ok()) {
    executor_.Post([done = std::move(done), pass = std::move(pass), refused]() mutable {
      done(std::move(refused));
    });
  }
  Conclude(std::move(after));
  return promise;
}

absl::Status BatchEngine::Place(const StageCall& call, const EngineStage& stage,
                                scheduling::JobSpec& spec) const {
  if (call.items == 0) return absl::OkStatus();
  std::map<int, size_t> bytes;  // by device, of an item
  for (size_t i = 0; i < call.inputs.size(); ++i) {
    const StageTensor& input = call.inputs[i];
    if (input.device == nullptr) continue;
    const auto* promised = dynamic_cast<const PromisedRows*>(input.device.get());
    if (promised != nullptr && calls_.contains(promised->producer().job())) {
      if (spec.after != 0 && spec.after != promised->producer().job()) {
        return absl::InvalidArgumentError("inputs are promised by two stages that have not ended");
      }
      spec.after = promised->producer().job();
    } else if (const auto rows = RowsOf(input); rows != nullptr) {
      bytes[rows->device()] += stage.info().inputs[i].row_bytes;
    } else {
      return absl::FailedPreconditionError("the stage that promised an input has failed");
    }
  }
  spec.spread = bytes.empty() && spec.after == 0 && call.keep.empty();
  if (bytes.empty() && spec.after == 0) return absl::OkStatus();
  spec.affinity = scheduling::Affinity::kPreferred;
  size_t most = 0;
  size_t total = 0;
  for (const auto& [id, held] : bytes) {
    total += held;
    if (held <= most) continue;
    most = held;
    for (size_t device = 0; device < devices_.size(); ++device) {
      if (devices_.device(device).id() == id) spec.device = static_cast<int>(device);
    }
  }
  spec.move_cost = mover_.CostOf(total);
  return absl::OkStatus();
}

BatchEngine::Aftermath BatchEngine::Turn() {
  scheduling::Effects effects = scheduler_.Advance(Now());
  Aftermath after;
  // First of all: what goes on elsewhere must not be where the device may still write.
  for (const scheduling::FencedDevice& fenced : effects.fenced) Abandon(fenced);
  for (const scheduling::ScheduledBatch& batch : effects.batches) {
    after.lanes.push_back(HandOut(batch));
  }
  for (scheduling::JobEnd& end : effects.ended) {
    const auto call = calls_.find(end.job);
    if (call == calls_.end()) continue;
    Forget(*call->second, end.request);
    after.ended.push_back({std::move(call->second), std::move(end)});
    calls_.erase(call);
  }
  after.fenced = std::move(effects.fenced);
  wake_ = effects.wake;
  if (wake_ < armed_) timer_.NotifyOne();
  return after;
}

void BatchEngine::Forget(const PendingCall& call, int64_t request) {
  const auto jobs = requests_.find(request);
  if (jobs == requests_.end()) return;
  std::erase(jobs->second, call.job());
  if (jobs->second.empty()) requests_.erase(jobs);
}

DeviceLane* BatchEngine::HandOut(const scheduling::ScheduledBatch& order) {
  FormedBatch batch;
  batch.id = order.id;
  batch.stage = stages_[static_cast<size_t>(order.stage)];
  batch.gear = order.gear;
  batch.items = order.items;
  batch.formed = last_now_;
  const int device = devices_.device(static_cast<size_t>(order.device)).id();
  for (const scheduling::Segment& segment : order.segments) {
    // Found: a job lives while it has items in a batch, and Advance hands out what it formed.
    std::shared_ptr<PendingCall> call = calls_.at(segment.job);
    std::shared_ptr<CallOutputs> outputs = call->OutputsOn(device);
    batch.segments.push_back(
        {std::move(call), std::move(outputs), segment.first, segment.items, segment.row});
  }
  batches_.emplace(order.id, order);
  DeviceLane* const lane =
      lanes_[static_cast<size_t>(order.device)][static_cast<size_t>(order.lane)].get();
  if (!lane->Queue(std::move(batch))) batches_.erase(order.id);
  return lane;
}

void BatchEngine::Abandon(const scheduling::FencedDevice& fenced) {
  const size_t device = static_cast<size_t>(fenced.device);
  devices_.device(device).MarkUnhealthy(fenced.why);
  for (const auto& [id, order] : batches_) {
    if (order.device != fenced.device) continue;
    for (const scheduling::Segment& segment : order.segments) {
      if (const auto call = calls_.find(segment.job); call != calls_.end()) {
        call->second->Abandon(devices_.device(device).id());
      }
    }
  }
  for (const auto& lane : lanes_[device]) lane->Abandon();
}

void BatchEngine::Conclude(Aftermath aftermath) {
  for (DeviceLane* const lane : aftermath.lanes) lane->SubmitSoon();
  for (const scheduling::FencedDevice& fenced : aftermath.fenced) {
    spdlog::error("device {} takes no work any more: {}",
                  devices_.device(static_cast<size_t>(fenced.device)).id(), fenced.why.ToString());
  }
  for (Aftermath::Ended& ended : aftermath.ended) {
    if (ended.end.reason == scheduling::EndReason::kRestart) {
      ended.call->AskRestart(ended.end.suspect);
    }
    const EngineStage& stage = ended.call->stage();
    observer_.OnCallEnded(stage.pipeline(), stage.spec().name,
                          scheduling::EndReasonName(ended.end.reason));
    ended.call->Finish(StatusOf(ended.end), executor_);
  }
  for (const auto& [stage, items] : aftermath.depths) {
    observer_.OnQueueDepth(stage->pipeline(), stage->spec().name, static_cast<int>(items));
  }
}

void BatchEngine::OnBatchRun(int64_t batch) {
  Aftermath after;
  {
    MutexLock lock(mutex_);
    scheduler_.OnBatchRun(batch, Now());
    after = Turn();
  }
  Conclude(std::move(after));
}

void BatchEngine::OnBatchEnded(BatchEnd end) {
  Report(end);
  Aftermath after;
  {
    MutexLock lock(mutex_);
    const scheduling::BatchOutcome outcome = Judge(end);
    if (outcome.result == scheduling::BatchResult::kOk) {
      for (const Segment& segment : end.batch.segments) {
        end.timing.queue = end.batch.formed - segment.call->enqueued();
        segment.call->AddRows(segment.outputs, segment.first, segment.items, end.timing);
      }
    }
    scheduler_.OnBatchEnded(end.batch.id, outcome, Now());
    after = Turn();
    after.depths.emplace_back(end.batch.stage, scheduler_.waiting_items(end.batch.stage->id()));
  }
  end.batch.segments.clear();
  Conclude(std::move(after));
  LeaveDevice(end.batch.id);
}

scheduling::BatchOutcome BatchEngine::Judge(const BatchEnd& end) {
  scheduling::BatchOutcome outcome = OutcomeOf(end);
  const auto own = batches_.find(end.batch.id);
  if (own == batches_.end() || outcome.result == scheduling::BatchResult::kDeviceLost) {
    return outcome;
  }
  if (!end.status.ok()) {
    const int64_t request = RequestOf(own->second);
    for (const auto& [id, order] : batches_) {
      // A request of its own ends with the error in any case.
      const bool same = request != 0 && RequestOf(order) == request;
      if (id == own->first || order.device != own->second.device || same) continue;
      unclear_.insert(id);
      unclear_.insert(own->first);
    }
  }
  if (unclear_.contains(own->first)) outcome.result = scheduling::BatchResult::kUnclear;
  return outcome;
}

int64_t BatchEngine::RequestOf(const scheduling::ScheduledBatch& order) const {
  int64_t request = 0;
  for (const scheduling::Segment& segment : order.segments) {
    const auto call = calls_.find(segment.job);
    const int64_t own = call == calls_.end() ? 0 : call->second->request();
    if (own == 0 || (request != 0 && own != request)) return 0;
    request = own;
  }
  return request;
}

void BatchEngine::OnBatchLost(FormedBatch batch) { LeaveDevice(batch.id); }

// The last use of the batch's stage, which may go now.
void BatchEngine::LeaveDevice(int64_t batch) {
  MutexLock lock(mutex_);
  batches_.erase(batch);
  unclear_.erase(batch);
  left_.NotifyAll();
}

void BatchEngine::Report(const BatchEnd& end) {
  BatchRecord record;
  record.model = end.batch.stage->pipeline();
  record.stage = end.batch.stage->spec().name;
  record.device = end.timing.device;
  record.gear = end.batch.gear;
  record.items = static_cast<int>(end.batch.items);
  record.padding = end.timing.padding;
  record.calls = static_cast<int>(end.batch.segments.size());
  record.queue = end.batch.formed - end.batch.segments.front().call->enqueued();
  record.batch_form = end.timing.batch_form;
  record.h2d = end.timing.h2d;
  record.execute = end.timing.execute;
  record.d2h = end.timing.d2h;
  record.status = end.status;
  observer_.OnBatch(record);
}

void BatchEngine::TimerLoop() {
  while (true) {
    Aftermath after;
    {
      MutexLock lock(mutex_);
      if (stopping_) return;
      const absl::Time now = Now();
      if (wake_ > now) {
        armed_ = wake_;
        timer_.WaitFor(mutex_, std::min(wake_ - now, kIdleTimer));
        armed_ = absl::InfinitePast();  // it looks anyway
      }
      if (stopping_) return;
      if (wake_ > Now()) continue;
      after = Turn();
    }
    Conclude(std::move(after));
  }
}

int64_t BatchEngine::waiting_items(const EngineStage& stage) const {
  MutexLock lock(mutex_);
  return scheduler_.waiting_items(stage.id());
}

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/batching/batch_engine.h"

#include <algorithm>
#include <utility>

#include "absl/memory/memory.h"
#include "pipelines/base/status_macros.h"
#include "server/batching/gear_timer.h"

namespace omserve {
namespace {

BatchObserver& OrNone(BatchObserver* observer) {
  static BatchObserver none;
  return observer == nullptr ? none : *observer;
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
      lending_(devices.size()),
      recovery_(devices, mover_, options_.shadow_tolerance) {}

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
  for (size_t device = 0; device < devices.size(); ++device) {
    OMSERVE_ASSIGN_OR_RETURN(Lanes lanes, engine->MakeLanes(device));
    MutexLock lock(engine->mutex_);
    engine->lanes_.push_back(std::move(lanes));
  }
  engine->timer_thread_ = Thread("scheduler", [engine = engine.get()] { engine->TimerLoop(); });
  if (engine->options_.recovery) {
    engine->recovery_thread_ =
        Thread("recovery", [engine = engine.get()] { engine->RecoveryLoop(); });
  }
  return engine;
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
  for (size_t i = 0; options_.recovery && i < stages.size(); ++i) {
    const absl::Status known = recovery_.Add(*stages[i]);
    if (known.ok()) continue;
    for (const auto& stage : stages) recovery_.Forget(*stage, /*idle=*/false);
    RemovePipeline(id);
    return known;
  }
  return id;
}

bool BatchEngine::EndPipeline(scheduling::PipelineId pipeline) {
  Aftermath after;
  {
    MutexLock lock(mutex_);
    scheduler_.EndPipeline(pipeline);
    Turn(after);
  }
  Conclude(after);
  std::vector<EngineStage*> stages;
  bool idle = false;
  {
    MutexLock lock(mutex_);
    // Each look is short: a device that hangs is given up by the watchdog, and then nobody tells.
    while (OnDevices(pipeline) && !LanesStuck()) left_.WaitFor(mutex_, absl::Milliseconds(100));
    idle = !OnDevices(pipeline) && !LanesStuck();
    for (size_t i = 0; options_.recovery && i < stages_.size(); ++i) {
      const bool ours = scheduler_.table().stage(static_cast<int>(i)).pipeline == pipeline;
      if (ours) stages.push_back(stages_[i]);
    }
  }
  for (EngineStage* stage : stages) recovery_.Forget(*stage, idle);
  return idle && !recovery_.stuck();
}

bool BatchEngine::OnDevices(scheduling::PipelineId pipeline) const {
  for (const auto& [id, order] : batches_) {
    if (scheduler_.table().stage(order.stage).pipeline == pipeline) return true;
  }
  return false;
}

int64_t BatchEngine::waiting_items(const EngineStage& stage) const {
  MutexLock lock(mutex_);
  return scheduler_.waiting_items(stage.id());
}

}  // namespace omserve

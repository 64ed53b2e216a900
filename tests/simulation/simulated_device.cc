// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/simulated_device.h"

#include <algorithm>
#include <utility>

namespace omserve::simulation {
namespace {

using scheduling::BatchId;
using scheduling::BatchOutcome;
using scheduling::BatchResult;

struct StageModel {
  const StageTime* time;
  const std::vector<int>* gears;
};

StageModel Model(const Scenario& scenario, scheduling::StageId stage) {
  for (const PipelineModel& pipeline : scenario.pipelines) {
    const int count = static_cast<int>(pipeline.times.size());
    const size_t index = static_cast<size_t>(stage);
    if (stage < count) return {&pipeline.times[index], &pipeline.spec.stages[index].gears};
    stage -= count;
  }
  return {};
}

}  // namespace

absl::Duration GearTime(const Scenario& scenario, scheduling::DeviceId device,
                        scheduling::StageId stage, int gear) {
  const StageModel model = Model(scenario, stage);
  absl::Duration time = model.time->fixed + gear * model.time->per_row;
  if (!model.time->table.empty()) {
    const auto at = std::find(model.gears->begin(), model.gears->end(), gear);
    time = model.time->table[static_cast<size_t>(at - model.gears->begin())];
  }
  return time * scenario.slowness[static_cast<size_t>(device)];
}

SimulatedDevice::SimulatedDevice(const Scenario& scenario, scheduling::DeviceId id,
                                 Timeline& timeline, Listener listener)
    : scenario_(scenario),
      id_(id),
      timeline_(timeline),
      listener_(std::move(listener)),
      random_(scenario.seed * 1000 + static_cast<uint64_t>(id)),
      compute_free_(timeline.now()) {
  const int lanes = scenario.devices[static_cast<size_t>(id)].lanes;
  in_free_.resize(static_cast<size_t>(lanes), timeline.now());
  out_free_ = in_free_;
}

absl::Duration SimulatedDevice::Cost(const scheduling::ScheduledBatch& batch) {
  absl::Duration cost = GearTime(scenario_, id_, batch.stage, batch.gear);
  if (scenario_.noise > 0) cost *= random_.Noise(scenario_.noise);
  if (scenario_.straggler > 0 && random_.Chance(scenario_.straggler)) cost *= 4;
  return cost;
}

void SimulatedDevice::Submit(const scheduling::ScheduledBatch& batch, Effect effect) {
  const BatchId id = batch.id;
  on_it_.insert(id);
  if (hangs_) return;
  if (dead_) {
    timeline_.In(absl::Microseconds(10), [this, id] {
      if (on_it_.erase(id) == 0) return;
      listener_.ended(id, {BatchResult::kDeviceLost, absl::UnavailableError("lost"), {}, {}});
    });
    return;
  }
  const StageTime& time = *Model(scenario_, batch.stage).time;
  const size_t lane = static_cast<size_t>(batch.lane);
  const absl::Time copied = std::max(timeline_.now(), in_free_[lane]) + time.copy_in;
  in_free_[lane] = copied;
  const absl::Time start = std::max(copied, compute_free_);
  const absl::Duration cost = Cost(batch);
  const absl::Time run = start + cost;
  compute_free_ = run;
  const absl::Time ended = std::max(run, out_free_[lane]) + time.copy_out;
  out_free_[lane] = ended;
  if (effect == Effect::kKills || effect == Effect::kHangs) {
    timeline_.At(start, [this, id, effect] {
      if (on_it_.contains(id)) Die(effect == Effect::kHangs);
    });
    return;
  }
  if (effect == Effect::kInputFault || effect == Effect::kDeviceFault) {
    timeline_.At(run, [this, id, effect] {
      if (dead_ || on_it_.erase(id) == 0) return;
      const bool input = effect == Effect::kInputFault;
      listener_.ended(id, {input ? BatchResult::kInputFault : BatchResult::kDeviceFault,
                           absl::InternalError("failed on plan"),
                           {},
                           {}});
    });
    return;
  }
  timeline_.At(run, [this, id, cost] {
    if (dead_ || !on_it_.contains(id)) return;
    busy_ += cost;
    listener_.run(id);
  });
  timeline_.At(ended, [this, id, cost, copy_in = time.copy_in] {
    if (dead_ || on_it_.erase(id) == 0) return;
    listener_.ended(id, {BatchResult::kOk, absl::OkStatus(), cost, copy_in});
  });
}

void SimulatedDevice::Die(bool hangs) {
  if (dead_) return;
  dead_ = true;
  hangs_ = hangs;
  if (hangs) return;
  timeline_.In(absl::Microseconds(50), [this] {
    if (!dead_) return;
    const std::set<BatchId> lost = std::exchange(on_it_, {});
    for (const BatchId id : lost) {
      listener_.ended(id, {BatchResult::kDeviceLost, absl::UnavailableError("lost"), {}, {}});
    }
  });
}

void SimulatedDevice::Revive() {
  dead_ = false;
  on_it_.clear();
  compute_free_ = timeline_.now();
  std::fill(in_free_.begin(), in_free_.end(), timeline_.now());
  out_free_ = in_free_;
}

}  // namespace omserve::simulation

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/scheduling/stage_table.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "pipelines/base/status_macros.h"

namespace omserve::scheduling {

absl::StatusOr<PipelineId> StageTable::Add(const PipelineSpec& spec) {
  OMSERVE_RETURN_IF_ERROR(Check(spec));
  const int count = static_cast<int>(spec.stages.size());
  PipelineId id = pipelines();
  if (free_pipelines_.empty()) {
    pipelines_.emplace_back();
  } else {
    id = free_pipelines_.back();
    free_pipelines_.pop_back();
  }
  const StageId first = Take(count);
  pipelines_[static_cast<size_t>(id)] = {spec.name, spec.weight, first, count, true};
  for (int i = 0; i < count; ++i) {
    const StageSpec& stage = spec.stages[static_cast<size_t>(i)];
    std::vector<bool> allowed(devices_.size(), stage.devices.empty());
    for (const DeviceId device : stage.devices) allowed[static_cast<size_t>(device)] = true;
    stages_[static_cast<size_t>(first + i)] = {stage, id, i, count - 1 - i, std::move(allowed)};
  }
  return id;
}

StageId StageTable::Take(int count) {
  int free = 0;  // in a row, before 'id'
  for (StageId id = 0; id < stages(); ++id) {
    free = stage(id).pipeline < 0 ? free + 1 : 0;
    if (free == count) return id + 1 - count;
  }
  const StageId first = stages() - free;
  stages_.resize(static_cast<size_t>(first + count));
  return first;
}

void StageTable::Remove(PipelineId pipeline) {
  Pipeline& gone = pipelines_[static_cast<size_t>(pipeline)];
  for (StageId id = gone.first; id < gone.first + gone.count; ++id) {
    Stage& free = stages_[static_cast<size_t>(id)];
    free = Stage();
    free.allowed.resize(devices_.size());
  }
  // Without stages it has no work, and its weight counts nowhere.
  gone.open = false;
  gone.count = 0;
  free_pipelines_.push_back(pipeline);
}

absl::Status StageTable::Check(const PipelineSpec& spec) const {
  const auto wrong = [&spec](const StageSpec* stage, const char* what) {
    return absl::InvalidArgumentError(
        absl::StrCat("pipeline ", spec.name, stage == nullptr ? "" : ", stage ",
                     stage == nullptr ? "" : stage->name, ": ", what));
  };
  if (spec.stages.empty()) return wrong(nullptr, "needs a stage");
  if (!(spec.weight > 0)) return wrong(nullptr, "the weight must be above 0");
  for (const StageSpec& stage : spec.stages) {
    if (stage.gears.empty() || stage.gears.front() < 1 ||
        std::adjacent_find(stage.gears.begin(), stage.gears.end(), std::greater_equal<>()) !=
            stage.gears.end()) {
      return wrong(&stage, "gears must be at least 1 and ascending");
    }
    if (stage.instances < 1) return wrong(&stage, "needs an instance");
    if (stage.max_queue_items < 1) return wrong(&stage, "the queue must hold an item");
    if (stage.max_items_per_request < 0) return wrong(&stage, "the item limit is negative");
    for (const DeviceId device : stage.devices) {
      if (device < 0 || static_cast<size_t>(device) >= devices_.size()) {
        return wrong(&stage, "there is no such device");
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace omserve::scheduling

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
  const PipelineId id = pipelines();
  pipelines_.push_back({spec.name, spec.weight, stages(), count, true});
  for (int i = 0; i < count; ++i) {
    const StageSpec& stage = spec.stages[static_cast<size_t>(i)];
    std::vector<bool> allowed(devices_.size(), stage.devices.empty());
    for (const DeviceId device : stage.devices) allowed[static_cast<size_t>(device)] = true;
    stages_.push_back({stage, id, i, count - 1 - i, std::move(allowed)});
  }
  return id;
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

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/registry/loaded_stage.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "pipelines/base/status_macros.h"

namespace omserve {
namespace {

absl::Status CheckCount(const StageSpec& spec, const char* what, size_t named, size_t there) {
  if (named == 0 || named == there) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "stage ", spec.name, ": the manifest names ", named, " ", what, " but the OM file has ",
      there, "; correct the manifest or compile the model again: ", spec.om_path));
}

bool IsOn(const StageSpec& spec, int device) {
  return spec.devices.empty() ||
         std::find(spec.devices.begin(), spec.devices.end(), device) != spec.devices.end();
}

absl::Status CheckDevices(const StageSpec& spec, const DeviceSet& devices) {
  for (const int wanted : spec.devices) {
    bool there = false;
    for (size_t i = 0; i < devices.size(); ++i) there = there || devices.device(i).id() == wanted;
    if (there) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("stage ", spec.name, ": devices: the server does not use device ", wanted));
  }
  return absl::OkStatus();
}

}  // namespace

const ModelInfo& LoadedStage::info() const {
  const auto first = std::find_if(models.begin(), models.end(),
                                  [](const auto& model) { return model != nullptr; });
  return (*first)->info();
}

absl::StatusOr<std::vector<int64_t>> LoadedStage::BytesOf(const StageSpec& spec,
                                                          DeviceSet& devices) {
  std::vector<int64_t> bytes(devices.size());
  for (size_t i = 0; i < devices.size(); ++i) {
    if (!IsOn(spec, devices.device(i).id())) continue;
    OMSERVE_ASSIGN_OR_RETURN(bytes[i],
                             LoadedModel::BytesOf(devices.device(i), spec.om_path, spec.instances));
  }
  return bytes;
}

absl::StatusOr<LoadedStage> LoadedStage::Load(StageSpec spec, DeviceSet& devices) {
  if (spec.instances < 1 || spec.max_queue_items < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("stage ", spec.name, ": instances and max_queue_items must be at least 1"));
  }
  OMSERVE_RETURN_IF_ERROR(CheckDevices(spec, devices));
  LoadedStage stage;
  for (size_t i = 0; i < devices.size(); ++i) {
    if (!IsOn(spec, devices.device(i).id())) {
      stage.models.push_back(nullptr);
      continue;
    }
    absl::StatusOr<std::unique_ptr<LoadedModel>> model =
        LoadedModel::Load(devices.device(i), spec.om_path, spec.instances);
    if (!model.ok()) {
      return absl::Status(model.status().code(),
                          absl::StrCat("stage ", spec.name, ": ", model.status().message()));
    }
    const ModelInfo& info = (*model)->info();
    OMSERVE_RETURN_IF_ERROR(CheckCount(spec, "inputs", spec.inputs.size(), info.inputs.size()));
    OMSERVE_RETURN_IF_ERROR(CheckCount(spec, "outputs", spec.outputs.size(), info.outputs.size()));
    stage.models.push_back(*std::move(model));
  }
  stage.spec = std::move(spec);
  return stage;
}

}  // namespace omserve

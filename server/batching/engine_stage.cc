// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/batching/engine_stage.h"

#include <algorithm>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "pipelines/base/status_macros.h"

namespace omserve {
namespace {

bool SameTensors(const std::vector<ModelTensor>& one, const std::vector<ModelTensor>& other) {
  return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                    [](const ModelTensor& a, const ModelTensor& b) {
                      return a.dtype == b.dtype && a.bytes == b.bytes && a.row_bytes == b.row_bytes;
                    });
}

}  // namespace

EngineStage::EngineStage(std::string pipeline, LoadedStage loaded, DeviceSet& devices, int lanes,
                         int slots)
    : pipeline_(std::move(pipeline)),
      loaded_(std::move(loaded)),
      devices_(devices),
      info_(loaded_.info()),
      lanes_(static_cast<size_t>(lanes)),
      slots_a_lane_(slots) {
  for (const auto& model : loaded_.models) on_.push_back(model != nullptr);
  slots_.resize(devices.size());
  for (std::vector<Slots>& of_device : slots_) of_device.resize(lanes_);
}

absl::StatusOr<std::unique_ptr<EngineStage>> EngineStage::Create(std::string pipeline,
                                                                 LoadedStage loaded,
                                                                 DeviceSet& devices, int lanes,
                                                                 int slots) {
  auto stage = absl::WrapUnique(
      new EngineStage(std::move(pipeline), std::move(loaded), devices, lanes, slots));
  for (size_t device = 0; device < devices.size(); ++device) {
    if (stage->on(device)) OMSERVE_RETURN_IF_ERROR(stage->MakeSlots(device));
  }
  return stage;
}

absl::Status EngineStage::MakeSlots(size_t device) {
  ScopedBind bind(devices_.device(device));
  OMSERVE_RETURN_IF_ERROR(bind.status());
  const size_t used = std::min(lanes_, model(device)->instances());
  for (size_t lane = 0; lane < used; ++lane) {
    for (int i = 0; i < slots_a_lane_; ++i) {
      OMSERVE_ASSIGN_OR_RETURN(auto slot, model(device)->instance(lane).MakeSlot());
      slots_[device][lane].push_back(std::move(slot));
    }
  }
  return absl::OkStatus();
}

void EngineStage::Unload(size_t device) {
  ScopedBind bind(devices_.device(device));
  for (Slots& lane : slots_[device]) lane.clear();
  loaded_.models[device].reset();
}

absl::Status EngineStage::Load(size_t device) {
  OMSERVE_ASSIGN_OR_RETURN(
      loaded_.models[device],
      LoadedModel::Load(devices_.device(device), spec().om_path, spec().instances));
  const ModelInfo& now = model(device)->info();
  if (now.gears != info_.gears || !SameTensors(now.inputs, info_.inputs) ||
      !SameTensors(now.outputs, info_.outputs)) {
    return absl::FailedPreconditionError(
        absl::StrCat("the OM file is another one than at the start: ", spec().om_path));
  }
  return MakeSlots(device);
}

EngineStage::~EngineStage() {
  for (size_t device = 0; device < slots_.size(); ++device) {
    ScopedBind bind(devices_.device(device));
    slots_[device].clear();
  }
}

}  // namespace omserve

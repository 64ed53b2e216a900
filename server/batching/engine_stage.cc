// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/batching/engine_stage.h"

#include <algorithm>

#include "absl/memory/memory.h"
#include "pipelines/base/status_macros.h"

namespace omserve {

absl::StatusOr<std::unique_ptr<EngineStage>> EngineStage::Create(std::string pipeline,
                                                                 LoadedStage loaded,
                                                                 DeviceSet& devices, int lanes,
                                                                 int slots) {
  const ModelInfo& info = loaded.info();
  auto stage =
      absl::WrapUnique(new EngineStage(std::move(pipeline), std::move(loaded), devices, info));
  stage->slots_.resize(devices.size());
  for (size_t device = 0; device < devices.size(); ++device) {
    stage->slots_[device].resize(static_cast<size_t>(lanes));
    LoadedModel* const model = stage->model(device);
    if (model == nullptr) continue;
    ScopedBind bind(devices.device(device));
    OMSERVE_RETURN_IF_ERROR(bind.status());
    const size_t used = std::min(static_cast<size_t>(lanes), model->instances());
    for (size_t lane = 0; lane < used; ++lane) {
      for (int i = 0; i < slots; ++i) {
        OMSERVE_ASSIGN_OR_RETURN(auto slot, model->instance(lane).MakeSlot());
        stage->slots_[device][lane].push_back(std::move(slot));
      }
    }
  }
  return stage;
}

EngineStage::~EngineStage() {
  for (size_t device = 0; device < slots_.size(); ++device) {
    ScopedBind bind(devices_.device(device));
    slots_[device].clear();
  }
}

}  // namespace omserve

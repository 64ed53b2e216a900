// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "server/device/device_set.h"
#include "server/device/execution_slot.h"
#include "server/registry/loaded_stage.h"

namespace omserve {

// A stage that the engine can run: its models, and for every lane of every device that it is on as
// many execution slots as the lane may have batches. Owned by the runner of its pipeline, used by
// the lanes. A slot is used by its lane only, and nothing changes but by Unload and Load.
class EngineStage {
 public:
  // Blocks while the devices make the slots.
  static absl::StatusOr<std::unique_ptr<EngineStage>> Create(std::string pipeline,
                                                             LoadedStage loaded, DeviceSet& devices,
                                                             int lanes, int slots);
  ~EngineStage();
  EngineStage(const EngineStage&) = delete;
  EngineStage& operator=(const EngineStage&) = delete;

  const std::string& pipeline() const { return pipeline_; }
  const StageSpec& spec() const { return loaded_.spec; }
  // The same on all devices.
  const ModelInfo& info() const { return info_; }
  // Whether it was loaded there first of all.
  bool on(size_t device) const { return on_[device]; }
  // Null where the stage is not, or was unloaded.
  LoadedModel* model(size_t device) const { return loaded_.models[device].get(); }
  // REQUIRES: the stage is on that lane.
  ExecutionSlot& slot(size_t device, int lane, size_t index) const {
    return *slots_[device][static_cast<size_t>(lane)][index];
  }

  // Takes it off a device that is to be reset, and puts it on again after. REQUIRES: on(device), no
  // lane uses it there. Errors of Load: those of LoadedModel; FAILED_PRECONDITION when the file is
  // not the one of before.
  void Unload(size_t device);
  absl::Status Load(size_t device);

  // Set once, by the engine.
  int id() const { return id_; }
  void set_id(int id) { id_ = id; }

 private:
  EngineStage(std::string pipeline, LoadedStage loaded, DeviceSet& devices, int lanes, int slots);
  absl::Status MakeSlots(size_t device);

  using Slots = std::vector<std::unique_ptr<ExecutionSlot>>;

  const std::string pipeline_;
  LoadedStage loaded_;
  DeviceSet& devices_;
  const ModelInfo info_;  // a copy: the models come and go
  const size_t lanes_;
  const int slots_a_lane_;
  std::vector<bool> on_;
  std::vector<std::vector<Slots>> slots_;  // by device, lane, index
  int id_ = -1;
};

}  // namespace omserve

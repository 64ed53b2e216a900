// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/device/device.h"
#include "server/device/execution_slot.h"
#include "server/device/model_info.h"
#include "server/device/stream.h"

namespace omserve {

// One load of a model, with a work area of its own, so that it can run beside the other loads. Its
// runs go through one stream at a time. Owned by LoadedModel. Thread-compatible.
class ModelInstance {
 public:
  ~ModelInstance();
  ModelInstance(const ModelInstance&) = delete;
  ModelInstance& operator=(const ModelInstance&) = delete;

  const ModelInfo& info() const { return info_; }

  // Buffers for one run; several may be prepared while another one runs.
  absl::StatusOr<std::unique_ptr<ExecutionSlot>> MakeSlot() const;

  // Queues one run. REQUIRES: the slot is filled, its last run has ended, the calling thread is
  // bound to the device, and every run of this instance goes to the same stream.
  absl::Status Execute(ExecutionSlot& slot, Stream& stream);

 private:
  friend class LoadedModel;
  ModelInstance(Device& device, const ModelInfo& info) : device_(device), info_(info) {}

  Device& device_;
  const ModelInfo& info_;  // of the LoadedModel
  DeviceBuffer work_;
  uint32_t id_ = 0;
  bool loaded_ = false;
};

// An OM file on one device: its weights are there once, and every instance uses them. Owned by
// LoadedStage; the device must outlive it, nothing may run on it when it goes. Immutable, so
// thread-safe; the instances are not.
class LoadedModel {
 public:
  // Blocks while the device loads. REQUIRES: instances > 0. Errors: NOT_FOUND (no such file),
  // FAILED_PRECONDITION (not a usable OM), RESOURCE_EXHAUSTED (device memory), UNAVAILABLE.
  static absl::StatusOr<std::unique_ptr<LoadedModel>> Load(Device& device, const std::string& path,
                                                           int instances);
  ~LoadedModel();

  // Device memory that Load will take, bytes, by the file alone. Errors as Load.
  static absl::StatusOr<int64_t> BytesOf(Device& device, const std::string& path, int instances);

  Device& device() const { return device_; }
  const ModelInfo& info() const { return info_; }
  size_t instances() const { return instances_.size(); }
  ModelInstance& instance(size_t index) const { return *instances_[index]; }

 private:
  explicit LoadedModel(Device& device) : device_(device) {}

  Device& device_;
  ModelInfo info_;
  DeviceBuffer weights_;  // goes after the instances
  std::vector<std::unique_ptr<ModelInstance>> instances_;
};

}  // namespace omserve

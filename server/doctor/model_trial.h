// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pipelines/base/clock.h"
#include "pipelines/base/tensor.h"
#include "server/device/device_set.h"
#include "server/device/event.h"
#include "server/device/execution_slot.h"
#include "server/device/model.h"
#include "server/device/stream.h"

namespace omserve {

// One OM file alone on a device, with the memory of one run at its largest gear. After
// IsWaitTimeout() it must be kept for ever. Single-thread, on a thread that is bound to the device;
// the devices must outlive it.
class ModelTrial {
 public:
  // Blocks. Errors as LoadedModel::Load.
  static absl::StatusOr<std::unique_ptr<ModelTrial>> Load(DeviceSet& devices, size_t index,
                                                          const std::string& path,
                                                          const Clock& clock);

  const ModelInfo& info() const { return model_->info(); }
  absl::Duration load_time() const { return load_time_; }

  // Copies the rows of every input to the device. INVALID_ARGUMENT when one is not of the model's
  // type and shape.
  absl::Status SetInputs(const std::vector<HostTensor>& inputs);

  // One run of one of the model's gears over what the inputs hold: device time of the execution
  // alone. IsWaitTimeout() after two minutes.
  absl::StatusOr<absl::Duration> Run(int gear);

  // The outputs of the last run, rows of 'gear', on the heap.
  absl::StatusOr<std::vector<HostTensor>> Outputs(int gear);

 private:
  ModelTrial(DeviceSet& devices, Stream stream, Event start, Event end)
      : devices_(devices),
        stream_(std::move(stream)),
        start_(std::move(start)),
        end_(std::move(end)) {}
  absl::Status Prepare(Device& device);
  size_t BytesAtGear(const ModelTensor& tensor, int gear) const;

  DeviceSet& devices_;
  std::unique_ptr<LoadedModel> model_;
  absl::Duration load_time_;
  std::vector<HostTensor> host_inputs_;  // page-locked, like the outputs
  std::vector<HostTensor> host_outputs_;
  std::vector<DeviceBuffer> inputs_;
  std::vector<DeviceBuffer> outputs_;
  std::unique_ptr<ExecutionSlot> slot_;
  Stream stream_;
  Event start_, end_;
};

}  // namespace omserve

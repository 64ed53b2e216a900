// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "server/device/device.h"
#include "server/device/model_info.h"

namespace omserve {

// The datasets of one run, made once and filled anew for each run, with a gear buffer of its own,
// because the gear of a run that waits must not be changed. It owns no tensor. Owned by a lane.
// Thread-compatible.
class ExecutionSlot {
 public:
  // 'info' must outlive the slot; the calling thread is bound to 'device'.
  static absl::StatusOr<std::unique_ptr<ExecutionSlot>> Create(Device& device,
                                                               const ModelInfo& info,
                                                               uint32_t model_id);
  ~ExecutionSlot();
  ExecutionSlot(const ExecutionSlot&) = delete;
  ExecutionSlot& operator=(const ExecutionSlot&) = delete;

  // Device memory for the next run; must live until that run has ended.
  absl::Status SetInput(size_t index, std::byte* data, size_t bytes);
  absl::Status SetOutput(size_t index, std::byte* data, size_t bytes);
  // Calls the library only for another gear than that of the last run: the datasets and the gear's
  // buffer keep it, and the call copies to the device while the caller waits. REQUIRES: one of the
  // model's gears, and the last run with this slot has ended.
  absl::Status SetGear(int gear);

  aclmdlDataset* inputs() const { return inputs_; }
  aclmdlDataset* outputs() const { return outputs_; }

 private:
  ExecutionSlot(const AclApi& api, const ModelInfo& info, uint32_t model_id)
      : api_(api), info_(info), model_id_(model_id) {}
  absl::Status Add(aclmdlDataset* dataset, std::byte* data, size_t bytes,
                   std::vector<aclDataBuffer*>& buffers);

  const AclApi& api_;
  const ModelInfo& info_;
  const uint32_t model_id_;
  aclmdlDataset* inputs_ = nullptr;
  aclmdlDataset* outputs_ = nullptr;
  std::vector<aclDataBuffer*> input_buffers_;
  std::vector<aclDataBuffer*> output_buffers_;
  DeviceBuffer placeholder_;  // what the datasets point at before the first run
  DeviceBuffer gear_;
  int set_gear_ = 0;  // none
};

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/device/execution_slot.h"

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "pipelines/base/status_macros.h"
#include "server/device/acl_status.h"

namespace omserve {

absl::StatusOr<std::unique_ptr<ExecutionSlot>> ExecutionSlot::Create(Device& device,
                                                                     const ModelInfo& info,
                                                                     uint32_t model_id) {
  auto slot = absl::WrapUnique(new ExecutionSlot(device.api(), info, model_id));
  slot->inputs_ = slot->api_.aclmdlCreateDataset();
  slot->outputs_ = slot->api_.aclmdlCreateDataset();
  OMSERVE_ASSIGN_OR_RETURN(slot->placeholder_, device.memory_pool().Allocate(1));
  std::byte* nothing = slot->placeholder_.data();
  for (size_t i = 0; i < info.inputs.size(); ++i) {
    OMSERVE_RETURN_IF_ERROR(slot->Add(slot->inputs_, nothing, 1, slot->input_buffers_));
  }
  if (info.dynamic) {
    OMSERVE_ASSIGN_OR_RETURN(slot->gear_, device.memory_pool().Allocate(info.gear_bytes));
    OMSERVE_RETURN_IF_ERROR(
        slot->Add(slot->inputs_, slot->gear_.data(), info.gear_bytes, slot->input_buffers_));
  }
  for (size_t i = 0; i < info.outputs.size(); ++i) {
    OMSERVE_RETURN_IF_ERROR(slot->Add(slot->outputs_, nothing, 1, slot->output_buffers_));
  }
  return slot;
}

ExecutionSlot::~ExecutionSlot() {
  if (inputs_ != nullptr) api_.aclmdlDestroyDataset(inputs_);
  if (outputs_ != nullptr) api_.aclmdlDestroyDataset(outputs_);
  for (aclDataBuffer* buffer : input_buffers_) api_.aclDestroyDataBuffer(buffer);
  for (aclDataBuffer* buffer : output_buffers_) api_.aclDestroyDataBuffer(buffer);
}

absl::Status ExecutionSlot::Add(aclmdlDataset* dataset, std::byte* data, size_t bytes,
                                std::vector<aclDataBuffer*>& buffers) {
  aclDataBuffer* buffer = api_.aclCreateDataBuffer(data, bytes);
  if (buffer == nullptr) return absl::ResourceExhaustedError("no data buffer could be made");
  buffers.push_back(buffer);
  return AclStatus(api_, api_.aclmdlAddDatasetBuffer(dataset, buffer), "filling a dataset");
}

absl::Status ExecutionSlot::SetInput(size_t index, std::byte* data, size_t bytes) {
  return AclStatus(api_, api_.aclUpdateDataBuffer(input_buffers_[index], data, bytes),
                   "setting an input");
}

absl::Status ExecutionSlot::SetOutput(size_t index, std::byte* data, size_t bytes) {
  return AclStatus(api_, api_.aclUpdateDataBuffer(output_buffers_[index], data, bytes),
                   "setting an output");
}

absl::Status ExecutionSlot::SetGear(int gear) {
  if (!info_.dynamic || gear == set_gear_) return absl::OkStatus();
  set_gear_ = 0;
  OMSERVE_RETURN_IF_ERROR(
      AclStatus(api_,
                api_.aclmdlSetDynamicBatchSize(model_id_, inputs_, info_.gear_index,
                                               static_cast<uint64_t>(gear)),
                absl::StrCat("choosing the gear ", gear)));
  set_gear_ = gear;
  return absl::OkStatus();
}

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/batching/pending_call.h"

#include <algorithm>
#include <string>

#include "pipelines/base/status_macros.h"

namespace omserve {

absl::Status PendingCall::Check() const {
  {
    MutexLock lock(mutex_);
    if (!status_.ok()) return status_;
  }
  return context_->Check();
}

absl::Status PendingCall::PrepareOutputs(const ModelInfo& info, const Device& device,
                                         StagingPool& staging, bool split) {
  MutexLock lock(mutex_);
  if (prepared_) return status_;
  prepared_ = true;
  outputs_.resize(info.outputs.size());
  gathered_.resize(info.outputs.size());
  keep_.resize(info.outputs.size());
  const absl::Status made = MakeOutputs(info, device, staging, split);
  if (!made.ok() && status_.ok()) status_ = made;
  return made;
}

absl::Status PendingCall::MakeOutputs(const ModelInfo& info, const Device& device,
                                      StagingPool& staging, bool split) {
  for (const int index : call_.fetch) {
    const size_t i = static_cast<size_t>(index);
    const ModelTensor& output = info.outputs[i];
    OMSERVE_ASSIGN_OR_RETURN(
        outputs_[i].host,
        staging.TryAllocate(output.dtype, output.ShapeFor(call_.items, info.max_gear())));
  }
  for (const int index : call_.keep) {
    const size_t i = static_cast<size_t>(index);
    keep_[i] = true;
    if (!split) continue;
    const ModelTensor& output = info.outputs[i];
    auto block = std::make_shared<DeviceRows::Block>();
    OMSERVE_ASSIGN_OR_RETURN(
        block->buffer,
        device.memory_pool().Allocate(static_cast<size_t>(call_.items) * output.row_bytes));
    block->used = block->computed = call_.items;
    outputs_[i].device = std::make_shared<DeviceRows>(device.id(), block, output.dtype,
                                                      output.row_bytes, 0, call_.items);
    gathered_[i] = std::move(block);
  }
  return absl::OkStatus();
}

std::byte* PendingCall::HostRow(size_t output, int64_t row, size_t row_bytes) const {
  const HostTensor& host = outputs_[output].host;
  return host.has_value() ? host.data() + static_cast<size_t>(row) * row_bytes : nullptr;
}

std::byte* PendingCall::DeviceRow(size_t output, int64_t row, size_t row_bytes) const {
  const auto& block = gathered_[output];
  return block == nullptr ? nullptr : block->buffer.data() + static_cast<size_t>(row) * row_bytes;
}

void PendingCall::KeepOutput(size_t output, std::shared_ptr<const DeviceTensor> rows) {
  outputs_[output].device = std::move(rows);
}

void PendingCall::Finish(int64_t items, const absl::Status& status, const StageTiming* timing,
                         Executor& executor) {
  absl::Status final_status;
  StageTiming total;
  {
    MutexLock lock(mutex_);
    if (!status.ok() && status_.ok()) status_ = status;
    if (timing != nullptr) {
      timing_.queue = std::max(timing_.queue, timing->queue);
      timing_.batch_form += timing->batch_form;
      timing_.h2d += timing->h2d;
      timing_.execute += timing->execute;
      timing_.d2h += timing->d2h;
      timing_.device = timing->device;
      timing_.batch_size = std::max(timing_.batch_size, timing->batch_size);
      timing_.padding += timing->padding;
      ++timing_.batches;
    }
    remaining_ -= items;
    if (remaining_ > 0) return;
    final_status = status_;
    total = std::move(timing_);
  }
  total.stage = std::string(call_.stage);
  if (total.batches > 0) context_->AddTiming(std::move(total));
  call_.inputs.clear();  // the memory can serve others while the answer waits for a worker
  absl::StatusOr<StageResult> result = StageResult{std::move(outputs_)};
  if (!final_status.ok()) result = final_status;
  outputs_.clear();
  gathered_.clear();
  executor.Post([done = std::move(done_), result = std::move(result),
                 pass = std::move(pass_)]() mutable { done(std::move(result)); });
}

}  // namespace omserve

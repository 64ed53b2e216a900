// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/batching/call_outputs.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "pipelines/base/status_macros.h"

namespace omserve {

bool CallOutputs::untouched() const {
  MutexLock lock(mutex_);
  return !made_;
}

void CallOutputs::UseHost(size_t index, std::shared_ptr<std::byte> rows) {
  const ModelTensor& output = info_.outputs[index];
  Shape shape = output.ShapeFor(call_.items, info_.max_gear());
  MutexLock lock(mutex_);
  outputs_[index].host = HostTensor(output.dtype, std::move(shape), std::move(rows));
}

absl::Status CallOutputs::Prepare(const Device& device, StagingPool& staging, bool split) {
  MutexLock lock(mutex_);
  if (!made_) OMSERVE_RETURN_IF_ERROR(MakeHost(staging));
  made_ = true;
  if (split && !gathers_) OMSERVE_RETURN_IF_ERROR(MakeGathered(device));
  gathers_ = gathers_ || split;
  return absl::OkStatus();
}

absl::Status CallOutputs::MakeHost(StagingPool& staging) {
  for (const int index : call_.fetch) {
    const ModelTensor& output = info_.outputs[static_cast<size_t>(index)];
    HostTensor& host = outputs_[static_cast<size_t>(index)].host;
    if (host.has_value()) continue;  // UseHost
    OMSERVE_ASSIGN_OR_RETURN(
        host, staging.TryAllocate(output.dtype, output.ShapeFor(call_.items, info_.max_gear())));
  }
  return absl::OkStatus();
}

absl::Status CallOutputs::MakeGathered(const Device& device) {
  for (const int index : call_.keep) {
    const ModelTensor& output = info_.outputs[static_cast<size_t>(index)];
    Output& own = outputs_[static_cast<size_t>(index)];
    auto block = std::make_shared<DeviceRows::Block>();
    OMSERVE_ASSIGN_OR_RETURN(
        block->buffer,
        device.memory_pool().Allocate(static_cast<size_t>(call_.items) * output.row_bytes));
    block->used = block->computed = call_.items;
    own.rows = std::make_shared<DeviceRows>(device.id(), block, output.dtype, output.row_bytes, 0,
                                            call_.items);
    own.gathered = std::move(block);
  }
  return absl::OkStatus();
}

std::byte* CallOutputs::HostRow(size_t output, int64_t row) const {
  MutexLock lock(mutex_);
  const HostTensor& host = outputs_[output].host;
  if (!host.has_value()) return nullptr;
  return host.data() + static_cast<size_t>(row) * info_.outputs[output].row_bytes;
}

std::byte* CallOutputs::DeviceRow(size_t output, int64_t row) const {
  MutexLock lock(mutex_);
  const auto& block = outputs_[output].gathered;
  if (block == nullptr) return nullptr;
  return block->buffer.data() + static_cast<size_t>(row) * info_.outputs[output].row_bytes;
}

bool CallOutputs::keeps(size_t output) const {
  return std::find(call_.keep.begin(), call_.keep.end(), static_cast<int>(output)) !=
         call_.keep.end();
}

void CallOutputs::Keep(size_t output, std::shared_ptr<const DeviceRows> rows) {
  MutexLock lock(mutex_);
  outputs_[output].rows = std::move(rows);
}

std::shared_ptr<const DeviceRows> CallOutputs::kept(size_t output) const {
  MutexLock lock(mutex_);
  return outputs_[output].rows;
}

void CallOutputs::CopyHostRows(const CallOutputs& from, int64_t first, int64_t items) {
  for (const int index : call_.fetch) {
    const size_t i = static_cast<size_t>(index);
    const ModelTensor& output = info_.outputs[i];
    const std::byte* const rows = from.HostRow(i, first);
    if (rows == nullptr) continue;
    MutexLock lock(mutex_);
    HostTensor& host = outputs_[i].host;
    if (!host.has_value()) {
      host = TensorAllocator::Heap().Allocate(output.dtype,
                                              output.ShapeFor(call_.items, info_.max_gear()));
    }
    std::memcpy(host.data() + static_cast<size_t>(first) * output.row_bytes, rows,
                static_cast<size_t>(items) * output.row_bytes);
  }
}

StageResult CallOutputs::Result() {
  StageResult result;
  result.outputs.resize(info_.outputs.size());
  MutexLock lock(mutex_);
  for (size_t i = 0; i < outputs_.size(); ++i) {
    result.outputs[i].host = std::move(outputs_[i].host);
    result.outputs[i].device = outputs_[i].rows;
  }
  if (call_.items > 0) return result;
  for (const int index : call_.fetch) {
    const ModelTensor& output = info_.outputs[static_cast<size_t>(index)];
    result.outputs[static_cast<size_t>(index)].host =
        TensorAllocator::Heap().Allocate(output.dtype, output.ShapeFor(0, info_.max_gear()));
  }
  for (const int index : call_.keep) {
    const ModelTensor& output = info_.outputs[static_cast<size_t>(index)];
    result.outputs[static_cast<size_t>(index)].device =
        std::make_shared<DeviceRows>(device_, nullptr, output.dtype, output.row_bytes, 0, 0);
  }
  return result;
}

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/device/staging_pool.h"

#include <algorithm>
#include <utility>

#include "pipelines/base/status_macros.h"
#include "server/device/device.h"

namespace omserve {

StagingPool::StagingPool(const Device& device)
    : blocks_(std::make_shared<BlockPool>(
          [&device](size_t bytes) { return device.AllocateHost(bytes); },
          [&device](void* block) { device.FreeHost(block); })) {}

StagingPool::~StagingPool() { blocks_->Close(); }

absl::StatusOr<HostTensor> StagingPool::TryAllocate(DType dtype, Shape shape) {
  const size_t bytes = static_cast<size_t>(NumElements(shape)) * DTypeSize(dtype);
  OMSERVE_ASSIGN_OR_RETURN(void* block, blocks_->Acquire(std::max<size_t>(bytes, 1)));
  std::shared_ptr<std::byte> data(static_cast<std::byte*>(block),
                                  [blocks = blocks_](std::byte* used) { blocks->Release(used); });
  return HostTensor(dtype, std::move(shape), std::move(data));
}

HostTensor StagingPool::Allocate(DType dtype, Shape shape) {
  absl::StatusOr<HostTensor> tensor = TryAllocate(dtype, shape);
  if (tensor.ok()) return *std::move(tensor);
  return TensorAllocator::Heap().Allocate(dtype, std::move(shape));
}

}  // namespace omserve

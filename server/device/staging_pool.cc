// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/device/staging_pool.h"

#include <algorithm>
#include <utility>

#include "pipelines/base/status_macros.h"
#include "server/device/acl_status.h"
#include "server/device/device.h"

namespace omserve {

namespace {

// A lost device is no matter of those who only want memory, and is told by its own batches.
absl::StatusOr<void*> AllocateOnAny(const std::vector<const Device*>& devices, size_t bytes) {
  for (const Device* device : devices) {
    if (!device->healthy()) continue;
    absl::StatusOr<void*> block = device->AllocateHost(bytes);
    if (block.ok() || !IsDeviceLost(block.status())) return block;
  }
  return absl::UnavailableError("no device is left to get page-locked memory from");
}

// Without such a device the memory stays until the process ends.
void FreeOnAny(const std::vector<const Device*>& devices, void* block) {
  const auto well = std::find_if(devices.begin(), devices.end(),
                                 [](const Device* device) { return device->healthy(); });
  if (well != devices.end()) (*well)->FreeHost(block);
}

}  // namespace

StagingPool::StagingPool(std::vector<const Device*> devices)
    : blocks_(std::make_shared<BlockPool>(
          [devices](size_t bytes) { return AllocateOnAny(devices, bytes); },
          [devices](void* block) { FreeOnAny(devices, block); })) {}

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

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/device/device_memory_pool.h"

#include <utility>

#include "pipelines/base/status_macros.h"
#include "server/device/device.h"

namespace omserve {
namespace {

// The hardware may touch up to 32 bytes behind the rounded end of a block.
constexpr size_t kSlack = 64;

}  // namespace

DeviceMemoryPool::DeviceMemoryPool(const Device& device) : device_(device), blocks_(MakeBlocks()) {}

std::shared_ptr<BlockPool> DeviceMemoryPool::MakeBlocks() const {
  return std::make_shared<BlockPool>(
      [&device = device_](size_t bytes) { return device.AllocateMemory(bytes); },
      [&device = device_](void* block) { device.FreeMemory(block); });
}

void DeviceMemoryPool::Open() {
  std::shared_ptr<BlockPool> fresh = MakeBlocks();
  MutexLock lock(mutex_);
  blocks_ = std::move(fresh);
}

absl::StatusOr<DeviceBuffer> DeviceMemoryPool::Allocate(size_t bytes) {
  std::shared_ptr<BlockPool> pool = blocks();
  OMSERVE_ASSIGN_OR_RETURN(void* block, pool->Acquire(bytes + kSlack));
  return DeviceBuffer(std::move(pool), block, bytes);
}

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/device/device_memory_pool.h"

#include "pipelines/base/status_macros.h"
#include "server/device/device.h"

namespace omserve {
namespace {

// The hardware may touch up to 32 bytes behind the rounded end of a block.
constexpr size_t kSlack = 64;

}  // namespace

DeviceMemoryPool::DeviceMemoryPool(const Device& device)
    : blocks_(std::make_shared<BlockPool>(
          [&device](size_t bytes) { return device.AllocateMemory(bytes); },
          [&device](void* block) { device.FreeMemory(block); })) {}

absl::StatusOr<DeviceBuffer> DeviceMemoryPool::Allocate(size_t bytes) {
  OMSERVE_ASSIGN_OR_RETURN(void* block, blocks_->Acquire(bytes + kSlack));
  return DeviceBuffer(blocks_, block, bytes);
}

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "pipelines/base/tensor.h"
#include "server/device/block_pool.h"

namespace omserve {

class Device;

// Page-locked host memory in size classes: what a device can copy from and to by itself. A block
// goes back to the pool when the last tensor over it goes, so a warm server allocates nothing.
// Owned by DeviceSet; tensors may outlive it, their memory is then given up. Thread-safe.
class StagingPool final : public TensorAllocator {
 public:
  // The first of 'devices' that is well lends its context for the allocations: the memory serves
  // all of them, and must not end with the one that happens to die. They must outlive the pool.
  explicit StagingPool(std::vector<const Device*> devices);
  ~StagingPool() override;

  // Falls back to heap memory when no page-locked memory is left; the runner copes with both.
  HostTensor Allocate(DType dtype, Shape shape) override;

  // As Allocate, but RESOURCE_EXHAUSTED instead of heap memory; UNAVAILABLE, and no error of a
  // device, when none can lend its context.
  absl::StatusOr<HostTensor> TryAllocate(DType dtype, Shape shape);

  // True when [data, data + bytes) is inside a block of this pool.
  bool Owns(const void* data, size_t bytes) const { return blocks_->Owns(data, bytes); }

  BlockPool::Stats stats() const { return blocks_->stats(); }

 private:
  const std::shared_ptr<BlockPool> blocks_;  // shared with every tensor that is still out
};

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "pipelines/base/mutex.h"
#include "server/device/block_pool.h"

namespace omserve {

class Device;

// A block of device memory; goes back to its pool when it is destroyed. The address means nothing
// on the host. REQUIRES at destruction: no queued device work uses it. Move-only,
// thread-compatible.
class DeviceBuffer {
 public:
  DeviceBuffer() = default;
  DeviceBuffer(DeviceBuffer&& other) noexcept
      : pool_(std::move(other.pool_)),
        data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)) {}
  DeviceBuffer& operator=(DeviceBuffer&& other) noexcept {
    std::swap(pool_, other.pool_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~DeviceBuffer() {
    if (data_ != nullptr) pool_->Release(data_);
  }

  std::byte* data() const { return data_; }
  // As asked for; the block itself is larger.
  size_t size() const { return size_; }
  // The device was reset since: the address means nothing any more.
  bool lost() const { return pool_ != nullptr && pool_->closed(); }

 private:
  friend class DeviceMemoryPool;
  DeviceBuffer(std::shared_ptr<BlockPool> pool, void* data, size_t size)
      : pool_(std::move(pool)), data_(static_cast<std::byte*>(data)), size_(size) {}

  std::shared_ptr<BlockPool> pool_;  // shared: a buffer may be let go after the pool's owner
  std::byte* data_ = nullptr;
  size_t size_ = 0;
};

// Memory of one device in size classes, because asking the device for memory is slow. Owned by
// the Device. Thread-safe.
class DeviceMemoryPool {
 public:
  // The device gives and takes the memory; it must outlive the pool.
  explicit DeviceMemoryPool(const Device& device);
  ~DeviceMemoryPool() { Close(); }

  // RESOURCE_EXHAUSTED when the device has no more; FAILED_PRECONDITION after Close. The content is
  // undefined.
  absl::StatusOr<DeviceBuffer> Allocate(size_t bytes);

  // Before a reset: frees what is idle; buffers that are still out are lost, and are not given back
  // when they go.
  void Close() { blocks()->Close(); }
  // After a reset: as new.
  void Open();

  BlockPool::Stats stats() const { return blocks()->stats(); }

 private:
  std::shared_ptr<BlockPool> MakeBlocks() const;
  std::shared_ptr<BlockPool> blocks() const {
    MutexLock lock(mutex_);
    return blocks_;
  }

  const Device& device_;
  mutable Mutex mutex_;
  std::shared_ptr<BlockPool> blocks_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace omserve

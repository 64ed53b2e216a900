// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "pipelines/base/mutex.h"
#include "server/device/acl_api.h"
#include "server/device/device_memory_pool.h"

namespace omserve {

// One accelerator with one explicit context of its own. A thread that uses its streams, events or
// models calls Bind() once first. Owned by DeviceSet; everything made on it goes first.
// Thread-safe.
class Device {
 public:
  struct MemoryInfo {
    size_t free = 0;   // bytes
    size_t total = 0;  // bytes
  };

  // Makes the context; leaves the calling thread bound to it. 'api' must outlive the device.
  static absl::StatusOr<std::unique_ptr<Device>> Create(const AclApi& api, int id);
  ~Device();
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  int id() const { return id_; }
  const std::string& soc_name() const { return soc_name_; }
  const AclApi& api() const { return api_; }

  // Makes the context current on the calling thread.
  absl::Status Bind() const;

  // Memory of the card, HBM or DDR, whichever it has.
  absl::StatusOr<MemoryInfo> memory() const;
  DeviceMemoryPool& memory_pool() const { return *memory_pool_; }

  // False once MarkUnhealthy was called, until MarkHealthy.
  bool healthy() const { return healthy_.load(std::memory_order_acquire); }
  void MarkUnhealthy(absl::Status why);
  // Resets the device and makes a context again; it is not healthy by that. What its memory pool
  // gave is lost. REQUIRES: it is unhealthy, nothing runs on it, and all that was made on it but
  // buffers is gone. Errors are ACL's; then it is of no use any more.
  absl::Status Reset();
  // After a reset, when the device was found to work. False, and nothing happens, when there was no
  // reset that succeeded, or the device was marked again since.
  bool MarkHealthy();
  // Why the device is not healthy; ok while it is.
  absl::Status health() const;

  // The raw sources of the pools, which may be called on any thread.
  absl::StatusOr<void*> AllocateMemory(size_t bytes) const;
  void FreeMemory(void* block) const;
  absl::StatusOr<void*> AllocateHost(size_t bytes) const;
  void FreeHost(void* block) const;

 private:
  friend class ScopedBind;
  Device(const AclApi& api, int id) : api_(api), id_(id) {}
  absl::Status Open() ABSL_EXCLUSIVE_LOCKS_REQUIRED(context_mutex_);

  const AclApi& api_;
  const int id_;
  // Held for calls that any thread may make, so that none of them meets a reset.
  mutable Mutex context_mutex_;
  std::atomic<aclrtContext> context_{nullptr};
  bool opened_ ABSL_GUARDED_BY(context_mutex_) = false;  // aclrtSetDevice counts it
  std::string soc_name_;
  std::atomic<bool> healthy_{true};
  mutable Mutex mutex_;
  absl::Status health_ ABSL_GUARDED_BY(mutex_);
  bool was_reset_ ABSL_GUARDED_BY(mutex_) = false;  // since it was marked unhealthy
  std::unique_ptr<DeviceMemoryPool> memory_pool_;
};

// Binds a thread to a device for a scope and then puts back what was bound before, for work on
// threads that may belong to another device. Single-thread.
class ScopedBind {
 public:
  explicit ScopedBind(const Device& device);
  ~ScopedBind();
  ScopedBind(const ScopedBind&) = delete;
  ScopedBind& operator=(const ScopedBind&) = delete;

  const absl::Status& status() const { return status_; }

 private:
  const AclApi& api_;
  aclrtContext before_ = nullptr;
  absl::Status status_;
};

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/container/inlined_vector.h"
#include "absl/status/status.h"
#include "pipelines/base/mutex.h"
#include "pipelines/graphs/model_runner.h"
#include "server/batching/device_rows.h"
#include "server/device/device.h"
#include "server/device/model_info.h"
#include "server/device/staging_pool.h"

namespace omserve {

// Where the outputs of a call go, or of the part of it that one device runs. Owned by the call,
// used by the batches with items of it. Thread-safe; each batch writes rows of its own.
class CallOutputs {
 public:
  // 'call' and 'info' outlive the object. A call with 'keep' runs on one device only.
  CallOutputs(const StageCall& call, const ModelInfo& info, int device)
      : call_(call), info_(info), device_(device), outputs_(info.outputs.size()) {}

  int device() const { return device_; }
  // The device has failed and may still write here.
  void Abandon() { abandoned_.store(true); }
  bool abandoned() const { return abandoned_.load(); }

  // No memory was made for it yet.
  bool untouched() const ABSL_LOCKS_EXCLUDED(mutex_);
  // The host's copy of an output goes to 'rows', 64-byte aligned, instead of memory of its own.
  // REQUIRES: untouched.
  void UseHost(size_t output, std::shared_ptr<std::byte> rows) ABSL_LOCKS_EXCLUDED(mutex_);
  // Makes the memory, once; 'split' when the items do not all go into one batch.
  // RESOURCE_EXHAUSTED.
  absl::Status Prepare(const Device& device, StagingPool& staging, bool split)
      ABSL_LOCKS_EXCLUDED(mutex_);
  // Where a row of the host's copy of an output goes; null when the host does not want it.
  std::byte* HostRow(size_t output, int64_t row) const ABSL_LOCKS_EXCLUDED(mutex_);
  // Where a row goes when the device's copy is put together; null when it stays in its batch.
  std::byte* DeviceRow(size_t output, int64_t row) const ABSL_LOCKS_EXCLUDED(mutex_);
  bool keeps(size_t output) const;
  // Sets what stays on the device of a call that is not split.
  void Keep(size_t output, std::shared_ptr<const DeviceRows> rows) ABSL_LOCKS_EXCLUDED(mutex_);

  // What stays on the device; null before a batch with it was queued.
  std::shared_ptr<const DeviceRows> kept(size_t output) const ABSL_LOCKS_EXCLUDED(mutex_);

  // Takes over rows that another device computed; for calls that keep nothing.
  void CopyHostRows(const CallOutputs& from, int64_t first, int64_t items)
      ABSL_LOCKS_EXCLUDED(mutex_);

  // Once all items have run, or there are none.
  StageResult Result() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Output {
    HostTensor host;
    std::shared_ptr<DeviceRows::Block> gathered;
    std::shared_ptr<const DeviceRows> rows;
  };
  absl::Status MakeHost(StagingPool& staging) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status MakeGathered(const Device& device) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const StageCall& call_;
  const ModelInfo& info_;
  const int device_;
  std::atomic<bool> abandoned_{false};

  mutable Mutex mutex_;
  bool made_ ABSL_GUARDED_BY(mutex_) = false;
  bool gathers_ ABSL_GUARDED_BY(mutex_) = false;
  absl::InlinedVector<Output, 1> outputs_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pipelines/base/clock.h"
#include "pipelines/base/mutex.h"
#include "pipelines/base/tensor.h"
#include "server/batching/device_rows.h"
#include "server/device/device_set.h"
#include "server/device/stream.h"

namespace omserve {

// Brings rows from one device to the host, on their way to another device, and knows what that
// costs. Owned by the engine. Thread-safe.
class TensorMover {
 public:
  // 'devices' and 'clock' must outlive the mover.
  TensorMover(DeviceSet& devices, const Clock& clock);
  ~TensorMover();

  // The rows in page-locked memory. Blocks until they are there, for a second at most; leaves the
  // calling thread bound to the device that it was bound to. REQUIRES: the rows have been computed.
  absl::StatusOr<HostTensor> Fetch(const DeviceRows& rows, int64_t first, int64_t count);

  // Gives up what the mover has on a device that is to be reset. REQUIRES: the device is marked
  // unhealthy. UNAVAILABLE when a copy from it never ended.
  absl::Status Release(size_t device);

  // Of one byte from device to device: measured, or a guess while nothing was moved.
  absl::Duration CostOf(size_t bytes) const;

 private:
  struct Source {
    explicit Source(Device& from) : device(from) {}
    Device& device;
    Mutex mutex;  // one move at a time
    std::unique_ptr<Stream> stream ABSL_GUARDED_BY(mutex);
    std::vector<HostTensor> stuck ABSL_GUARDED_BY(mutex);  // may still be written
  };
  absl::StatusOr<HostTensor> FetchFrom(Source& source, const std::byte* from, size_t bytes)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(source.mutex);

  StagingPool& staging_;
  const Clock& clock_;
  std::vector<std::unique_ptr<Source>> sources_;
  std::atomic<double> seconds_a_byte_;
};

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/batching/device_lane.h"
#include "server/batching/device_queue.h"
#include "server/device/device_set.h"
#include "server/registry/loaded_stage.h"

namespace omserve {

// One device's queue with the lanes that empty it. Owned by BatchingRunner. Thread-safe.
class DeviceScheduler {
 public:
  // 'device' is the index in the set. 'stages' and what 'shared' refers to must outlive it.
  static absl::StatusOr<std::unique_ptr<DeviceScheduler>> Create(
      size_t device, DeviceSet& devices, const std::vector<LoadedStage>& stages,
      const DeviceQueue::Shared& shared);
  ~DeviceScheduler();

  Device& device() const { return device_; }
  DeviceQueue& queue() { return *queue_; }
  const DeviceQueue& queue() const { return *queue_; }

  // Ends what waits with 'why', waits for what runs, joins the threads. Idempotent, not
  // concurrent.
  void Stop(const absl::Status& why);

 private:
  explicit DeviceScheduler(Device& device) : device_(device) {}

  Device& device_;
  std::unique_ptr<DeviceQueue> queue_;
  std::vector<std::unique_ptr<DeviceLane>> lanes_;
};

}  // namespace omserve

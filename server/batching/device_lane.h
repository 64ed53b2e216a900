// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/bounded_queue.h"
#include "server/base/thread.h"
#include "server/batching/batch.h"
#include "server/batching/device_queue.h"
#include "server/device/device_set.h"
#include "server/registry/loaded_stage.h"

namespace omserve {

// One way through a device: three streams, one instance of each stage that has one for it, a
// thread that forms and submits batches and one that waits for them. Two batches are on the
// device at a time, so that it has the next one when it ends one. Owned by DeviceScheduler.
class DeviceLane {
 public:
  // 'device' is the index in the set. 'queue' and 'stages' must outlive the lane.
  static absl::StatusOr<std::unique_ptr<DeviceLane>> Create(int index, size_t device,
                                                            DeviceSet& devices,
                                                            const std::vector<LoadedStage>& stages,
                                                            DeviceQueue& queue,
                                                            const DeviceQueue::Shared& shared);
  // Joins the threads. REQUIRES: the queue is closed.
  ~DeviceLane();
  DeviceLane(const DeviceLane&) = delete;
  DeviceLane& operator=(const DeviceLane&) = delete;

 private:
  // What one batch needs and gives back; they go round.
  struct Slot {
    LaneEvents events;
    std::vector<std::unique_ptr<ExecutionSlot>> stages;  // null: no instance on this lane
  };
  // A batch on the device.
  struct Running {
    std::unique_ptr<Batch> batch;
    Slot* slot = nullptr;
    absl::Status submitted;
    absl::Duration batch_form;
  };

  DeviceLane(int index, Device& device, StagingPool& staging, std::vector<LoadedModel*> models,
             const std::vector<LoadedStage>& stages, DeviceQueue& queue,
             const DeviceQueue::Shared& shared);

  void SubmitLoop();
  void CompleteLoop();
  void Complete(Running running);
  // Waits until nothing of the batch is on the device any more, or the limit has passed.
  absl::Status Await(const Running& running);
  void WatchHealth(const absl::Status& status);
  void Report(const FormedBatch& formed, const StageTiming& timing, const absl::Status& status);

  const int index_;
  Device& device_;
  StagingPool& staging_;
  const std::vector<LoadedModel*> models_;  // by stage
  const std::vector<LoadedStage>& stages_;
  DeviceQueue& queue_;
  const DeviceQueue::Shared shared_;
  std::unique_ptr<LaneStreams> streams_;
  std::vector<Slot> slots_;
  size_t next_slot_ = 0;                            // submitting thread
  int faults_ = 0;                                  // completing thread: in a row
  std::vector<std::unique_ptr<Batch>> quarantine_;  // completing thread: their work never ended
  BoundedQueue<Running> running_;
  Thread submitter_;
  Thread completer_;
};

}  // namespace omserve

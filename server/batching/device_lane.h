// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pipelines/base/clock.h"
#include "server/base/bounded_queue.h"
#include "server/base/thread.h"
#include "server/batching/batch.h"
#include "server/batching/formed_batch.h"
#include "server/device/device_set.h"

namespace omserve {

// What became of a batch. A value.
struct BatchEnd {
  FormedBatch batch;
  absl::Status status;
  StageTiming timing;  // of the batch; 'queue' is the callers' matter
};

// One way through a device: three streams, a thread that submits batches and one that waits for
// them. Owned by the engine. Thread-safe.
class DeviceLane {
 public:
  // Hears what the device does, on the lane's thread, in the order of the batches. Outlives the
  // lane.
  class Owner {
   public:
    virtual ~Owner() = default;
    // The batch has left the compute units; its results are being copied.
    virtual void OnBatchRun(int64_t batch) = 0;
    // Nothing of the batch is on the device any more.
    virtual void OnBatchEnded(BatchEnd end) = 0;
    // The device was abandoned before the batch ended: its memory is kept for ever.
    virtual void OnBatchLost(FormedBatch batch) = 0;
  };

  // 'device' is the index in the set; 'slots' the batches that the lane may have at a time.
  static absl::StatusOr<std::unique_ptr<DeviceLane>> Create(int index, size_t device,
                                                            DeviceSet& devices, TensorMover& mover,
                                                            const Clock& clock, Owner& owner,
                                                            int slots);
  // Waits for what is on the device, unless it was abandoned.
  ~DeviceLane();
  DeviceLane(const DeviceLane&) = delete;
  DeviceLane& operator=(const DeviceLane&) = delete;

  // Queues a batch behind those before. Never blocks. REQUIRES: fewer than 'slots' batches that
  // have not ended.
  void Submit(FormedBatch batch);

  // The device has failed: nothing more goes there, and nobody waits for it any more.
  void Abandon() { abandoned_.store(true); }
  // True when work of an abandoned device never ended: what it uses must never be released.
  bool stuck() const { return stuck_.load(); }

 private:
  struct Running {
    std::unique_ptr<Batch> batch;
    LaneEvents* events = nullptr;
    absl::Status submitted;
    absl::Duration batch_form;
  };

  DeviceLane(int index, size_t device_index, Device& device, StagingPool& staging,
             TensorMover& mover, const Clock& clock, Owner& owner, int slots);

  void SubmitLoop();
  void SubmitOne(FormedBatch formed);
  void CompleteLoop();
  void Complete(Running running);
  // Waits until nothing of the batch is on the device any more; CANCELLED when the device was
  // abandoned first.
  absl::Status Await(const Running& running);
  template <typename Wait>
  absl::Status WaitInSlices(Wait wait);
  StageTiming TimingOf(const Running& running, const absl::Status& status) const;

  const int index_;
  const size_t device_index_;
  Device& device_;
  StagingPool& staging_;
  TensorMover& mover_;
  const Clock& clock_;
  Owner& owner_;
  std::atomic<bool> abandoned_{false};
  std::atomic<bool> stuck_{false};
  std::unique_ptr<LaneStreams> streams_;
  std::vector<LaneEvents> events_;
  size_t next_slot_ = 0;                            // submitting thread
  std::vector<std::unique_ptr<Batch>> quarantine_;  // completing thread: their work never ended
  BoundedQueue<FormedBatch> waiting_;
  BoundedQueue<Running> running_;
  Thread submitter_;
  Thread completer_;
};

}  // namespace omserve

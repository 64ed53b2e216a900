// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pipelines/base/clock.h"
#include "pipelines/base/mutex.h"
#include "server/base/bounded_queue.h"
#include "server/base/thread.h"
#include "server/batching/batch.h"
#include "server/batching/formed_batch.h"
#include "server/device/device_set.h"

namespace omserve {

class DeviceLane;

// What became of a batch. A value.
struct BatchEnd {
  FormedBatch batch;
  absl::Status status;
  StageTiming timing;  // of the batch; 'queue' is the callers' matter
  // Will look for more batches itself, once the owner has heard of this one; null for none.
  DeviceLane* looks = nullptr;
};

// One way through a device: three streams, a thread that submits batches and one that waits for
// them. What is brief goes on one thread from end to end. Owned by the engine. Thread-safe.
class DeviceLane {
 public:
  // Hears what the device does, on a thread of the lane or within SubmitHere; of what runs on the
  // device in the order of the batches. Outlives the lane.
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
  ~DeviceLane();  // stops it
  DeviceLane(const DeviceLane&) = delete;
  DeviceLane& operator=(const DeviceLane&) = delete;

  // Queues a batch behind those before; SubmitHere or SubmitSoon has to follow. Never blocks. False
  // when the lane is being taken down. REQUIRES: fewer than 'slots' batches that have not ended.
  bool Queue(FormedBatch batch);
  // Submits what is queued on the calling thread, which saves the wake-up of another one; takes as
  // long as the library needs to queue the work. A batch that has ended by then, because it was
  // brief, ends here, too, and so may some that were queued meanwhile.
  void SubmitHere();
  // The same on the lane's thread. Never blocks.
  void SubmitSoon() { waiting_.Wake(); }

  // The device has failed: nothing more goes there, and nobody waits for it any more.
  void Abandon() { abandoned_.store(true); }
  // Refuses new batches, waits for what is on the device unless it was abandoned, and gives up the
  // streams unless stuck(). What comes after it does nothing. Idempotent.
  void Stop();
  // True when work of an abandoned device never ended: what it uses must never be released.
  bool stuck() const { return stuck_.load(); }

 private:
  static constexpr int kMostSlots = 64;  // bits of free_slots_

  struct Running {
    std::unique_ptr<Batch> batch;
    bool alone = false;  // in the lane: goes through one stream
    bool brief = false;  // and its copies are done by the time that a thread wakes up for the run
    size_t slot = 0;
    LaneEvents* events = nullptr;
    absl::Status submitted;
    absl::Duration batch_form;
  };

  DeviceLane(int index, size_t device_index, Device& device, StagingPool& staging,
             TensorMover& mover, const Clock& clock, Owner& owner, int slots);

  void SubmitLoop();
  // Gives the batch that has ended already, if one has: nothing behind it was submitted then.
  std::optional<Running> SubmitWaiting() ABSL_EXCLUSIVE_LOCKS_REQUIRED(submitting_);
  std::optional<Running> SubmitOne(FormedBatch formed) ABSL_EXCLUSIVE_LOCKS_REQUIRED(submitting_);
  size_t TakeSlot();
  // Of a batch that has ended well.
  void CompleteHere(Running running);
  void CompleteLoop();
  void Complete(Running running);
  // 'looks' as in BatchEnd.
  void End(Running running, absl::Status status, DeviceLane* looks);
  // Waits until nothing of the batch is on the device any more; CANCELLED when the device was
  // abandoned first.
  absl::Status Await(const Running& running);
  template <typename Wait>
  absl::Status WaitInSlices(Wait wait);
  // All three, or the run's alone for a batch that has the lane for itself.
  LaneStreams StreamsFor(bool alone);
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
  std::unique_ptr<std::array<Stream, 3>> streams_;  // in, run, out
  std::atomic<int> on_device_{0};                   // batches submitted that have not ended
  std::vector<LaneEvents> events_;                  // by slot
  std::atomic<uint64_t> free_slots_;                // a bit each
  Mutex submitting_;  // held by the thread that submits; batches are taken in their order
  Mutex here_mutex_;
  CondVar here_left_;
  int here_ ABSL_GUARDED_BY(here_mutex_) = 0;  // batches that end on the thread that submitted them
  std::vector<std::unique_ptr<Batch>> quarantine_;  // completing thread: their work never ended
  BoundedQueue<FormedBatch> waiting_;
  BoundedQueue<Running> running_;
  Thread submitter_;
  Thread completer_;
};

}  // namespace omserve

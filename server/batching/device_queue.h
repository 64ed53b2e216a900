// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "pipelines/base/clock.h"
#include "pipelines/base/executor.h"
#include "pipelines/base/mutex.h"
#include "server/batching/batch_observer.h"
#include "server/batching/cost_table.h"
#include "server/batching/stage_queue.h"

namespace omserve {

// What goes to the device next. A value.
struct FormedBatch {
  int stage = -1;
  int gear = 0;
  int64_t items = 0;
  std::vector<Segment> segments;
  absl::Time formed;
};

// All that waits for one device, and the choice of what it runs next. Batches are bound late: one
// is formed only when a lane can submit it. A lane without work takes what there is at once; a
// lane whose device is busy holds a batch with room left back until shortly before the device
// will be free. Later stages go first, because that ends requests; but nothing starves. Owned by
// DeviceScheduler. Thread-safe.
class DeviceQueue {
 public:
  // What the choice needs to know about a stage.
  struct Stage {
    std::string name;
    int max_items = 0;
    int instances = 1;
    absl::Duration max_delay;
    const ModelInfo* info = nullptr;
  };
  // What all the queues of a runner share; everything outlives them.
  struct Shared {
    const std::string& model;
    CostTable& costs;
    Executor& executor;
    const Clock& clock;
    BatchObserver& observer;
  };

  // A lane may have this many batches that have not run yet...
  static constexpr int kAhead = 2;
  // ...and this many with the ones whose results are being copied.
  static constexpr int kSlots = 3;

  DeviceQueue(std::vector<Stage> stages, int lanes, int device, Shared shared);

  // RESOURCE_EXHAUSTED when full; what Close said when closed.
  absl::Status Push(const std::shared_ptr<PendingCall>& call) ABSL_LOCKS_EXCLUDED(mutex_);

  // Blocks until 'lane' should submit a batch; nullopt when closed. Ends calls whose deadline
  // passes meanwhile.
  std::optional<FormedBatch> Next(int lane) ABSL_LOCKS_EXCLUDED(mutex_);

  // The lane's first batch that had not run has run.
  void OnExecuted(int lane) ABSL_LOCKS_EXCLUDED(mutex_);
  // The lane's first batch has ended.
  void OnEnded(int lane) ABSL_LOCKS_EXCLUDED(mutex_);

  // Time that the device needs for what waits and what runs.
  absl::Duration load() const ABSL_LOCKS_EXCLUDED(mutex_);
  int64_t items() const ABSL_LOCKS_EXCLUDED(mutex_);

  // Ends everything that waits with 'why', and all that comes later. The first reason stays.
  void Close(const absl::Status& why) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Lane {
    std::deque<absl::Duration> ahead;  // expected times of the batches that have not run
    int slots = 0;                     // batches that have not ended
    absl::Time free;                   // when 'ahead' is expected to be done
  };

  // Takes a batch if there is one to submit now; else says how long to wait at most.
  std::optional<FormedBatch> TryForm(int lane, absl::Duration& wait)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The stage to run next on a lane; -1 when none should, until 'hold'.
  int Choose(int lane, absl::Time now, absl::Time& hold) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Time HoldUntil(const Lane& lane, size_t stage, absl::Time now) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void End(std::vector<StageQueue::Dropped> dropped) ABSL_LOCKS_EXCLUDED(mutex_);
  void ReportDepth(int stage) ABSL_LOCKS_EXCLUDED(mutex_);

  const std::vector<Stage> stages_;
  const int device_;
  const Shared shared_;

  mutable Mutex mutex_;
  CondVar wake_;
  std::vector<StageQueue> queues_ ABSL_GUARDED_BY(mutex_);
  std::vector<Lane> lanes_ ABSL_GUARDED_BY(mutex_);
  absl::Status closed_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/time/time.h"
#include "server/scheduling/stage_table.h"

namespace omserve::scheduling {

// Given by the scheduler from 1 on; 0 is none.
using JobId = int64_t;
using BatchId = int64_t;
// The owner's number of a request; 0 is none.
using RequestId = int64_t;
// The owner's number of a video stream; 0 is none.
using StreamId = int64_t;

enum class Priority { kInteractive, kBatch };

// Where a job may run.
enum class Affinity {
  kFree,       // its inputs are in host memory: on any device of its stage
  kPreferred,  // its tensors are on a device and can be moved at a cost
  kPinned,     // its tensors are on a device and stay there
};

// How far a job is kept from others. The order is of growing distance.
enum class Isolation {
  kNone,
  kOwnBatch,   // its batch failed for some input's sake: no other job in its batches
  kOwnDevice,  // its device failed: nothing of another request on the device at the same time
};

// One request's use of one stage, as it is handed in. A value.
struct JobSpec {
  RequestId request = 0;
  StageId stage = -1;
  int64_t items = 0;                               // none is fine: the job ends at once, well
  absl::Time budget_end = absl::InfiniteFuture();  // when the request must have its answer
  Priority priority = Priority::kInteractive;
  Affinity affinity = Affinity::kFree;
  DeviceId device = -1;      // of the tensors, when not free
  absl::Duration move_cost;  // of the tensors of an item, when preferred
  // A job of the same request whose outputs this one consumes on the device. It may be submitted
  // behind its producer on the same lane before that one has ended, it goes where its producer
  // goes, and it ends as its producer does when that one ends badly. REQUIRES: lives, or ended
  // well (then 0 and kPinned say the same).
  JobId after = 0;
  // A newer job of the stream and stage replaces this one while none of its items is in a batch.
  StreamId stream = 0;
  // Nothing of it stays on the device: its items may run on several ones. Only with kFree.
  bool spread = false;
  // No other job in its batches: for comparisons.
  bool alone = false;
  // Its request was on a device when that failed: it runs alone, and never a third time.
  bool suspect = false;
  // Tensors of it were on a device before that was reset: it is ended as kRestart.
  bool lost = false;
};

// Items of a job that go into one batch, one after the other.
struct Segment {
  JobId job = 0;
  int64_t first = 0;  // item of the job
  int64_t items = 0;
  int64_t row = 0;  // row of the batch
};

// A job on its way. Owned by Scheduler. Thread-compatible.
struct Job {
  struct Range {
    int64_t first = 0;
    int64_t end = 0;
  };

  static constexpr int kNoLane = -1;
  static constexpr int kManyLanes = -2;
  static constexpr size_t kNoPlace = ~size_t{0};

  JobId id = 0;
  JobSpec spec;
  PipelineId pipeline = -1;
  absl::Time enqueued;
  absl::Time due;     // when its stage must have ended, so that the request ends in its budget
  absl::Time expiry;  // from here on it cannot end in its budget any more
  size_t expiry_place = kNoPlace;  // ExpiryQueue's
  absl::Time base;                 // the key of its first item
  absl::Duration step;             // by which the key grows with every item

  absl::InlinedVector<Range, 1> waiting;  // ascending; items that are in no batch
  int64_t in_flight = 0;
  int64_t done = 0;
  int failures = 0;  // of the device, that were not its fault and not fatal

  Isolation isolation = Isolation::kNone;
  bool felled = false;  // it was on a device when that failed
  DeviceId bound = -1;  // the device that it must run on; -1 while any may take it
  int lane = -1;        // that its batches were on; kNoLane, kManyLanes
  int only_lane = -1;   // that it must run on, behind its producer; kNoLane
  bool redo = false;    // all of it runs again once what is in flight has ended
  bool queued = false;  // in its stage's queue: something waits, and its producer allows it
  bool taken = false;   // some item was in a batch
  int64_t chosen = 0;   // items for the batch that is being put together
  std::vector<JobId> consumers;  // jobs that come after this one

  int64_t waiting_items() const {
    int64_t items = 0;
    for (const Range& range : waiting) items += range.end - range.first;
    return items;
  }
  // Its place in the queue after 'ahead' more of its items: earliest first.
  absl::Time key(int64_t waiting_now, int64_t ahead = 0) const {
    const int64_t gone = spec.items - waiting_now + ahead;
    return gone == 0 ? base : base + gone * step;
  }
};

}  // namespace omserve::scheduling

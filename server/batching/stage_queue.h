// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/batching/pending_call.h"

namespace omserve {

// The items that wait for one stage on one device, first come first served. Owned by DeviceQueue,
// whose lock guards it. Thread-compatible.
class StageQueue {
 public:
  // A call that was dropped, with the items of it that were in no batch.
  struct Dropped {
    std::shared_ptr<PendingCall> call;
    int64_t items = 0;
    absl::Status why;
  };

  explicit StageQueue(int max_items) : max_items_(max_items) {}

  // RESOURCE_EXHAUSTED when the items do not fit. A call that is too large for any queue gets into
  // an empty one.
  absl::Status Push(std::shared_ptr<PendingCall> call);

  // The next 'most' items, or all when there are fewer.
  std::vector<Segment> Take(int64_t most);

  // Takes out the calls that nobody waits for any more; with 'why' not ok, takes out all of them.
  void Drop(const absl::Status& why, std::vector<Dropped>& dropped);

  int64_t items() const { return items_; }
  // When the first call came; REQUIRES: items() > 0.
  absl::Time oldest() const { return calls_.front()->enqueued(); }
  // The first deadline of all; infinite when empty.
  absl::Time next_deadline() const;

 private:
  const int max_items_;
  int64_t items_ = 0;
  std::deque<std::shared_ptr<PendingCall>> calls_;
};

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "server/scheduling/job.h"

namespace omserve::scheduling {

// The jobs that have a budget, the one that expires first in front; of equal ones the older. A
// binary heap that knows where each job is. Owned by Scheduler, as are the jobs. Thread-compatible.
class ExpiryQueue {
 public:
  bool empty() const { return heap_.empty(); }
  // REQUIRES: not empty.
  Job& first() const { return *heap_.front(); }

  // Sets when the job expires, and puts it in its place.
  void Set(Job& job, absl::Time expiry);
  // Nothing happens when it is not there.
  void Remove(Job& job);

 private:
  // Puts the job in the free place 'at', or above or below it where it belongs.
  void Settle(Job& job, size_t at);
  void Place(Job& job, size_t at) {
    heap_[at] = &job;
    job.expiry_place = at;
  }

  std::vector<Job*> heap_;
};

}  // namespace omserve::scheduling

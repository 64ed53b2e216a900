// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include "server/scheduling/job.h"

namespace omserve::scheduling {

// The jobs that wait for one stage, in the order of their keys. Those that only one device may run
// are kept apart, so that a device looks at what it may take only. Owned by Scheduler, as are the
// jobs. Thread-compatible.
class JobQueue {
 public:
  explicit JobQueue(size_t devices) : bound_(devices), homes_(devices) {}

  // A job must not change its waiting items, key or device while it is in the queue.
  void Insert(Job& job);
  void Remove(Job& job);

  // Items that 'device' might take; those that would have to be moved there count too.
  int64_t Items(DeviceId device) const {
    return free_.items + preferred_.items + bound_[static_cast<size_t>(device)].items;
  }
  // Items that only 'device' may take.
  int64_t BoundItems(DeviceId device) const { return bound_[static_cast<size_t>(device)].items; }
  // Items that would have to be moved to run anywhere but on 'home'.
  int64_t PreferredItems(DeviceId home) const { return homes_[static_cast<size_t>(home)]; }
  int64_t free_items() const { return free_.items; }

  // Calls visit(job) for the jobs that 'device' might take, in order, until it gives false.
  template <typename Visit>
  void Walk(DeviceId device, Visit visit) const {
    const std::array<const Set*, 3> sets = {&free_.jobs, &preferred_.jobs,
                                            &bound_[static_cast<size_t>(device)].jobs};
    std::array<Set::const_iterator, 3> at = {sets[0]->begin(), sets[1]->begin(), sets[2]->begin()};
    while (true) {
      size_t first = sets.size();
      for (size_t i = 0; i < sets.size(); ++i) {
        if (at[i] == sets[i]->end()) continue;
        if (first == sets.size() || *at[i] < *at[first]) first = i;
      }
      if (first == sets.size() || !visit(*at[first]->job)) return;
      ++at[first];
    }
  }

 private:
  struct Entry {
    absl::Time key;
    JobId id;
    Job* job;
    bool operator<(const Entry& other) const {
      return key != other.key ? key < other.key : id < other.id;
    }
  };
  using Set = std::set<Entry>;
  struct Part {
    Set jobs;
    int64_t items = 0;
  };
  Part& PartOf(const Job& job);
  void Count(const Job& job, Part& part, int64_t items);

  Part free_;
  Part preferred_;
  std::vector<Part> bound_;     // by device
  std::vector<int64_t> homes_;  // items of 'preferred_', by device
};

}  // namespace omserve::scheduling

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "server/base/spare_nodes.h"
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
    const std::array<const Jobs*, 3> jobs = {&free_.jobs, &preferred_.jobs,
                                             &bound_[static_cast<size_t>(device)].jobs};
    std::array<Jobs::const_iterator, 3> at = {jobs[0]->begin(), jobs[1]->begin(), jobs[2]->begin()};
    while (true) {
      size_t first = jobs.size();
      for (size_t i = 0; i < jobs.size(); ++i) {
        if (at[i] == jobs[i]->end()) continue;
        if (first == jobs.size() || at[i]->first < at[first]->first) first = i;
      }
      if (first == jobs.size() || !visit(*at[first]->second)) return;
      ++at[first];
    }
  }

 private:
  using Key = std::pair<absl::Time, JobId>;
  using Jobs = std::map<Key, Job*>;
  struct Part {
    Jobs jobs;
    int64_t items = 0;
  };
  Part& PartOf(const Job& job);
  void Count(const Job& job, Part& part, int64_t items);

  Part free_;
  Part preferred_;
  std::vector<Part> bound_;     // by device
  std::vector<int64_t> homes_;  // items of 'preferred_', by device
  SpareNodes<Jobs> spare_;
};

}  // namespace omserve::scheduling

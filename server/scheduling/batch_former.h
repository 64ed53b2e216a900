// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/time/time.h"
#include "server/scheduling/gear_plan.h"
#include "server/scheduling/job.h"

namespace omserve::scheduling {

// Items of one job that wait next to each other in the order of the queue. A value.
struct WaitingItems {
  Job* job = nullptr;
  int64_t items = 0;
  absl::Time due;  // when the stage must have ended with them
};

// What to run. A value.
struct BatchChoice {
  size_t gear = 0;  // index in the plan
  absl::InlinedVector<WaitingItems, 4> take;
  int64_t items = 0;
  absl::Duration price;  // device time beyond what the cheapest way takes, paid for a shorter wait
};

// Chooses the gear of the next batch and its items: the way that ends most items in time, then
// takes the least device time for all that waits, then pads least. Items that would be late go
// into rows that would be empty otherwise. When all end in time, small jobs do not wait for those
// that fill the largest gear by themselves, if there is 'spare' device time for it. 'waiting' is
// the front of the queue in order, 'total' the number of all that wait (no less), 'start' when the
// device can begin. REQUIRES: 'waiting' is not empty.
BatchChoice ChooseBatch(const GearPlan& plan, const std::vector<WaitingItems>& waiting,
                        int64_t total, absl::Time start, absl::Duration spare);

}  // namespace omserve::scheduling

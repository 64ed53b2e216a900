// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "absl/time/time.h"

namespace omserve::scheduling {

// How a scheduler decides. A value.
struct SchedulerOptions {
  // Batches of a lane that have not run yet...
  int ahead = 2;
  // ...and with those whose results are being copied.
  int slots = 3;
  // The next batch is bound this much, and this part of the running one, before the device is
  // free: the host must get it there in this time.
  absl::Duration lead = absl::Milliseconds(1);
  double lead_part = 0.05;
  // A request without a deadline is as urgent as one that must start this long after it came.
  absl::Duration aging = absl::Seconds(1);
  // Jobs of the low priority are that much less urgent.
  absl::Duration batch_offset = absl::Seconds(5);
  // A job with many items is given at least one part in this many of the device while others
  // wait, and no more.
  double share = 10;
  // Of the time that a device had no work, this part is spent later so that small jobs need not
  // ride in the long gears of bulk jobs; no more than 'spare_most' is kept for that.
  double spare_part = 0.5;
  absl::Duration spare_most = absl::Milliseconds(200);
  // Device time (and some batches at least) for which a stage may see others preferred.
  absl::Duration patience = absl::Milliseconds(50);
  // A batch that takes longer than both hangs; an unmeasured one hangs after 'hang_unknown'.
  absl::Duration hang_least = absl::Seconds(10);
  double hang_factor = 20;
  absl::Duration hang_unknown = absl::Minutes(2);
  // Faults of a device in a row, or of a job, that are not fatal yet.
  int faults_in_a_row = 3;
  int faults_of_a_job = 1;
  // Admission: what all admitted requests may hold.
  int64_t max_bytes = int64_t{4} << 30;
  int64_t max_requests = 100000;
  // The part by which predictions for the admission are taken longer than they are.
  double caution = 0.05;
};

}  // namespace omserve::scheduling

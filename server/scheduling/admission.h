// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/scheduling/job.h"

namespace omserve::scheduling {

// A request at the door, before anything was done for it.
struct RequestSpec {
  RequestId request = 0;  // above 0, of no other live request
  PipelineId pipeline = -1;
  // Expected by stage; stages without an entry get what requests had there of late.
  std::vector<double> items;
  int64_t bytes = 0;  // host memory that it will hold
  absl::Time budget_end = absl::InfiniteFuture();
  Priority priority = Priority::kInteractive;
};

struct Admission {
  // ok; RESOURCE_EXHAUSTED (try again after 'retry_after'); UNAVAILABLE (closed, no device);
  // DEADLINE_EXCEEDED (the budget has ended); NOT_FOUND (no such pipeline).
  absl::Status status;
  absl::Time finish;  // predicted
  absl::Duration retry_after;
};

struct Submitted {
  // ok; INVALID_ARGUMENT; RESOURCE_EXHAUSTED (the stage's queue is full); UNAVAILABLE (closed, no
  // device). Unless ok there is no job, and no end of it.
  absl::Status status;
  JobId job = 0;
  int64_t items_cut = 0;  // above the request's limit at the stage: not part of the job
  absl::Duration retry_after;
};

}  // namespace omserve::scheduling

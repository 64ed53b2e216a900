// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "server/scheduling/outcome.h"
#include "server/scheduling/scheduler.h"

namespace omserve::simulation {

// What an observer of the scheduler sees, one event at a time. Only the members that the kind
// names are set.
struct TraceEvent {
  enum class Kind {
    kRequestIn,     // request
    kRequestEnded,  // request
    kJobIn,         // spec, job
    kJobEnded,      // end
    kBatchOut,      // batch
    kBatchRun,      // batch.id
    kBatchEnded,    // batch.id, result
    kFenced,        // device
    kRevived,       // device
    kSettled,       // the scheduler has done all that is due
  };

  Kind kind = Kind::kSettled;
  absl::Time now;
  scheduling::RequestId request = 0;
  scheduling::JobId job = 0;
  scheduling::JobSpec spec;
  scheduling::JobEnd end;
  scheduling::ScheduledBatch batch;
  scheduling::BatchResult result = scheduling::BatchResult::kOk;
  scheduling::DeviceId device = -1;
};

// One line, for people.
std::string ToString(const TraceEvent& event);

}  // namespace omserve::simulation

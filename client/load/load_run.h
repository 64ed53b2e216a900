// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/status/statusor.h"
#include "client/load/class_stats.h"
#include "client/load/load_options.h"
#include "client/load/request_class.h"
#include "client/load/request_records.h"
#include "client/load/slowest_answers.h"

namespace omserve::client {

// What a load run measured; rates are per second.
struct LoadResult {
  ClassStats all;
  std::vector<ClassStats> classes;  // as they were given
  LatencyHistogram lateness;        // of an open loop: from due to sent
  int64_t late = 0;                 // requests that were sent over a millisecond late
  SlowestAnswers slowest;
  std::vector<RequestRecord> records;  // in no order; if the options want them
  double seconds = 0;                  // first measured start to last measured end
  double requests_per_s = 0;           // ok answers over 'seconds'
  double steady_requests_per_s = 0;    // ok answers that came while requests were being sent
  double offered_per_s = 0;            // open loop: what the schedule asked for
  double sent_per_s = 0;               // what was sent
  double goodput_per_s = 0;  // answers in time; over the schedule's length in an open loop
  double client_cores = 0;   // processor time of this process over elapsed time
};

// How far a run is, warm-up included.
struct LoadMoment {
  absl::Duration elapsed;
  int64_t sent = 0;
  int64_t ok = 0;
  int64_t failed = 0;
  int64_t not_sent = 0;
  int64_t total = 0;  // requests of the run; 0: only time ends it
};
// Called a few times a second, on the caller's thread.
using LoadWatcher = std::function<void(const LoadMoment&)>;

// Runs a load and waits for the last answer; every outcome is counted and none ends the run. An
// error only if it cannot begin: INVALID_ARGUMENT (no classes, no end, a bad schedule), or the
// status of a first ListModels that the server does not answer. Blocks; single-thread.
absl::StatusOr<LoadResult> RunLoad(const LoadOptions& options, std::vector<RequestClass> classes,
                                   const LoadWatcher& watch = nullptr);

}  // namespace omserve::client

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/status/statusor.h"
#include "client/load/class_stats.h"
#include "client/load/live_latencies.h"
#include "client/load/load_options.h"
#include "client/load/load_stats.h"
#include "client/load/request_class.h"
#include "client/load/run_event.h"
#include "client/load/stability.h"

namespace omserve::client {

// What a load run measured; rates are per second.
struct LoadResult {
  LoadStats stats;
  ClassStats all;  // of all classes
  Stability stability;
  std::vector<RunEventOutcome> events;  // that began, by time
  double seconds = 0;                   // first measured start to last measured end
  double requests_per_s = 0;            // ok answers over 'seconds'
  double steady_requests_per_s = 0;     // ok answers that came while requests were being sent
  double offered_per_s = 0;             // open loop: what the schedule asked for
  double sent_per_s = 0;                // what was sent
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
  int64_t dropped = 0;
  int64_t total = 0;                                 // requests of the run; 0: only time ends it
  absl::Duration length = absl::InfiniteDuration();  // of the run, warm-up left out
  LiveLatencies::Counts latencies = {};              // of ok answers
};
// Called a few times a second, on the caller's thread.
using LoadWatcher = std::function<void(const LoadMoment&)>;

// Runs a load and waits for the last answer; every outcome is counted and none ends the run. An
// error only if it cannot begin: INVALID_ARGUMENT (no classes, no end, a bad schedule), the status
// of a first ListModels (of a first ModelReady for KServe) that the server does not answer, or what
// keeps it from giving golden answers. Blocks; single-thread.
absl::StatusOr<LoadResult> RunLoad(const LoadOptions& options, std::vector<RequestClass> classes,
                                   const LoadWatcher& watch = nullptr);

}  // namespace omserve::client

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "server/metrics/server_metrics.h"

namespace omserve {

// Everything that was counted of one model and method so far. A value.
struct RequestSnapshot {
  std::array<int64_t, kStatusCodes> requests{};  // by code
  std::array<double, kPhases> phases{};          // seconds of answered requests, by phase
  std::vector<double> bounds;                    // of the durations, seconds; the last is infinite
  std::vector<int64_t> durations;                // requests by bound, not cumulated
};

// Empty for metrics that are not set.
RequestSnapshot SnapshotOf(const RequestMetrics& metrics);

// What was counted of one stage of one model so far, and how many items wait. A value.
struct StageSnapshot {
  int64_t queue = 0;
  int64_t items = 0;
  int64_t batches = 0;
  int64_t padded = 0;  // rows that carried nothing
};
StageSnapshot SnapshotOf(const StageMetrics& metrics);

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pipelines/base/clock.h"
#include "server/doctor/model_trial.h"

namespace omserve {

// How long to measure.
struct TimingOptions {
  int warm_ups = 3;                        // runs that do not count; fewer when time is up
  int runs = 30;                           // that count, at most
  absl::Duration most = absl::Seconds(5);  // for one gear; one run after the first always counts
};

// What one gear of a model takes on the device. A value.
struct GearTime {
  int gear = 0;
  int runs = 0;          // that were counted
  absl::Duration first;  // of all runs with the gear; it also prepares
  absl::Duration median;
  absl::Duration p10, p90;  // the spread: nearest rank
  absl::Duration least;
};

// REQUIRES: there are samples. 'samples' in any order.
GearTime Summarise(int gear, absl::Duration first, std::vector<absl::Duration> samples);

// Runs the gear again and again. Errors as ModelTrial::Run.
absl::StatusOr<GearTime> MeasureGear(ModelTrial& trial, int gear, const TimingOptions& options,
                                     const Clock& clock);

}  // namespace omserve

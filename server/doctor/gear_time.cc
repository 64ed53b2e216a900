// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/doctor/gear_time.h"

#include <algorithm>

#include "pipelines/base/status_macros.h"

namespace omserve {
namespace {

// The smallest sample that at least 'percent' of them do not exceed.
absl::Duration AtPercent(const std::vector<absl::Duration>& sorted, size_t percent) {
  const size_t rank = (sorted.size() * percent + 99) / 100;
  return sorted[std::max<size_t>(rank, 1) - 1];
}

}  // namespace

GearTime Summarise(int gear, absl::Duration first, std::vector<absl::Duration> samples) {
  std::sort(samples.begin(), samples.end());
  const size_t half = samples.size() / 2;
  GearTime time;
  time.gear = gear;
  time.runs = static_cast<int>(samples.size());
  time.first = first;
  time.median = samples.size() % 2 == 1 ? samples[half] : (samples[half - 1] + samples[half]) / 2;
  time.p10 = AtPercent(samples, 10);
  time.p90 = AtPercent(samples, 90);
  time.least = samples.front();
  return time;
}

absl::StatusOr<GearTime> MeasureGear(ModelTrial& trial, int gear, const TimingOptions& options,
                                     const Clock& clock) {
  const absl::Time deadline = clock.Now() + options.most;
  OMSERVE_ASSIGN_OR_RETURN(const absl::Duration first, trial.Run(gear));
  for (int i = 1; i < options.warm_ups && clock.Now() < deadline; ++i) {
    OMSERVE_RETURN_IF_ERROR(trial.Run(gear).status());
  }
  std::vector<absl::Duration> samples;
  do {
    OMSERVE_ASSIGN_OR_RETURN(const absl::Duration took, trial.Run(gear));
    samples.push_back(took);
  } while (samples.size() < static_cast<size_t>(options.runs) && clock.Now() < deadline);
  return Summarise(gear, first, std::move(samples));
}

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tests/simulation/scenario.h"

namespace omserve::simulation {

// A pipeline and what its requests are like. A value.
struct CapacityModel {
  PipelineModel pipeline;
  std::vector<ItemModel> items;  // by stage
  absl::Duration host_before;    // decoding and preprocessing of a request, on a core of its own
  absl::Duration host_between;   // between two stages
  absl::Duration host_delay = absl::Microseconds(50);  // until the host hears of the device
  double noise = 0.02;                                 // of device times
  uint64_t seed = 1;
  absl::Duration lasting =
      absl::Seconds(60);  // virtual time of one run; the first tenth is left out
};

// What so many devices do under one load. A value.
struct CapacityPoint {
  int devices = 0;
  double offered = 0;   // requests a second
  double answered = 0;  // the same
  double within = 0;    // part of the offered ones that were answered within the limit
  absl::Duration p50;   // infinite when nothing was answered
  absl::Duration p99;   // of the offered ones: those without an answer took for ever
  double busy = 0;      // part of the time in which a device computed
};

// The stages of a timing profile (hostacl/profiles/README.md), in its order or in that of 'stages'
// when that is not empty. Times are those of batch gears; 'execute_overhead_us' counts, copies take
// no time. INVALID_ARGUMENT, with key and place, for what is none, or a gear that is no number;
// NOT_FOUND for a stage that is not there.
absl::StatusOr<PipelineModel> ReadProfile(const std::string& json,
                                          const std::vector<std::string>& stages);

// "3" is always 3; "2.5" is 2 or 3 by turns of chance, 2.5 in the mean; "0,0,7,60" is one of these
// by chance. INVALID_ARGUMENT for anything else, and for more than 100000.
absl::StatusOr<ItemModel> ReadItems(const std::string& text);

// Answers a second with 'in_flight' requests always at work. REQUIRES: devices, in_flight > 0.
CapacityPoint Saturate(const CapacityModel& model, int devices, int in_flight);

// Requests that come by chance (Poisson), 'rate' a second. REQUIRES: devices, rate > 0.
CapacityPoint Offer(const CapacityModel& model, int devices, double rate, absl::Duration limit);

// What is asked for. A value.
struct CapacityGoal {
  double rate = 0;       // requests a second
  absl::Duration limit;  // within which
  double part = 0.99;    // of them are answered
  int most_devices = 64;
};

// The answer, and what it is drawn from. A value.
struct CapacityAnswer {
  double one_device = 0;              // answers a second of one that never waits
  int devices = 0;                    // 0: not with as many as allowed
  std::vector<CapacityPoint> points;  // those that were tried, ascending; one more than needed last
};
CapacityAnswer PlanCapacity(const CapacityModel& model, const CapacityGoal& goal);

}  // namespace omserve::simulation

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "server/scheduling/scheduler.h"

namespace omserve::simulation {

// What the simulated device takes for a batch of a stage: fixed + rows * per_row, unless 'table'
// names the time of each gear.
struct StageTime {
  absl::Duration fixed = absl::Milliseconds(1);
  absl::Duration per_row = absl::Milliseconds(1);
  std::vector<absl::Duration> table;  // by gear
  absl::Duration copy_in;
  absl::Duration copy_out;
};

struct PipelineModel {
  scheduling::PipelineSpec spec;
  std::vector<StageTime> times;  // by stage
};

// How many items a request has at a stage.
struct ItemModel {
  enum class Kind { kFixed, kSkewed, kListed };
  Kind kind = Kind::kFixed;
  int64_t most = 1;  // fixed: always; skewed: most requests few, some up to here, from 0
  double skew = 3;   // above 1: the larger, the fewer
  std::vector<int64_t> listed = {};  // listed: one of these
};

// Clients of one kind.
struct LoadModel {
  enum class Kind { kPoisson, kBursts, kClosed };
  Kind kind = Kind::kPoisson;
  scheduling::PipelineId pipeline = 0;
  int clients = 1;               // closed: requests in flight
  absl::Duration interval;       // mean time between requests, or bursts; closed: pause
  int burst = 1;                 // requests a burst
  int64_t requests = 0;          // in all
  std::vector<ItemModel> items;  // by stage
  scheduling::Priority priority = scheduling::Priority::kInteractive;
  absl::Duration budget = absl::InfiniteDuration();
  absl::Duration decode;     // host time before the first stage
  absl::Duration host_step;  // between stages
  double budget_spread = 0;  // 0.5: from half to one and a half
  double cancel = 0;         // part that is cancelled at some time
  double chained = 0;        // part whose stages follow each other without the host
  double keeps = 1;          // part whose later stages need the device's tensors
  double movable = 0;        // of these, part that may move
  double spread = 0;         // part of jobs from the host that may run on several devices
  double poison = 0;         // part that fells its device
  double guilty = 0;         // part whose input makes the batch fail
  int streams = 0;           // above 0: keep-latest, so many streams
  bool admit = true;
  bool knows_items = false;  // the items are told to the admission
};

// What goes wrong with the devices.
struct FaultModel {
  struct Death {
    scheduling::DeviceId device = 0;
    absl::Duration at;
    bool hangs = false;
  };
  std::vector<Death> deaths;
  double device_fault = 0;  // part of batches that fail for no lasting reason
  double revive = 0;        // part of the devices that are out, and do not hang, which come back...
  absl::Duration reset;     // ...about so much later
};

// All that a run depends on, with its seed.
struct Scenario {
  uint64_t seed = 1;
  std::vector<scheduling::DeviceSpec> devices;
  std::vector<double> slowness;  // by device
  std::vector<PipelineModel> pipelines;
  std::vector<LoadModel> loads;
  FaultModel faults;
  scheduling::SchedulerOptions options;
  double noise = 0;           // of device times
  double straggler = 0;       // part of batches that take several times as long
  absl::Duration host_delay;  // until the scheduler hears of an event
  bool measured = true;       // costs are known from the start
  bool check = true;          // the invariants
  absl::Duration until = absl::InfiniteDuration();  // for figures: stop here
};

// A scenario drawn from a seed: the same one every time.
Scenario DrawScenario(uint64_t seed);

// In a few words.
std::string Describe(const Scenario& scenario);

}  // namespace omserve::simulation

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "server/scheduling/outcome.h"
#include "tests/simulation/random.h"
#include "tests/simulation/scenario.h"
#include "tests/simulation/timeline.h"

namespace omserve::simulation {

// One device: lanes that copy in and out side by side and share the compute units, which run one
// batch after the other. Thread-compatible.
class SimulatedDevice {
 public:
  // What the batch does to the device.
  enum class Effect { kNone, kInputFault, kDeviceFault, kKills, kHangs };
  // Who hears: like callbacks from the device, but at the device's time.
  struct Listener {
    absl::AnyInvocable<void(scheduling::BatchId)> run;
    absl::AnyInvocable<void(scheduling::BatchId, scheduling::BatchOutcome)> ended;
  };

  SimulatedDevice(const Scenario& scenario, scheduling::DeviceId id, Timeline& timeline,
                  Listener listener);

  void Submit(const scheduling::ScheduledBatch& batch, Effect effect);
  // From now on nothing ends; when it does not hang, what is on it is reported as lost.
  void Die(bool hangs);
  // Was reset: nothing of what it had is there any more, or heard of. REQUIRES: it does not hang.
  void Revive();
  bool hangs() const { return hangs_; }

  // Time that the compute units were busy.
  absl::Duration busy() const { return busy_; }

 private:
  absl::Duration Cost(const scheduling::ScheduledBatch& batch);
  const StageTime& TimeOf(scheduling::StageId stage) const;

  const Scenario& scenario_;
  const scheduling::DeviceId id_;
  Timeline& timeline_;
  Listener listener_;
  Random random_;
  bool dead_ = false;
  bool hangs_ = false;
  absl::Time compute_free_;
  std::vector<absl::Time> in_free_;   // by lane
  std::vector<absl::Time> out_free_;  // by lane
  std::set<scheduling::BatchId> on_it_;
  absl::Duration busy_;
};

// The device time of a batch, without noise.
absl::Duration GearTime(const Scenario& scenario, scheduling::DeviceId device,
                        scheduling::StageId stage, int gear);

}  // namespace omserve::simulation

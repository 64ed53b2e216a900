// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "server/scheduling/gear_plan.h"
#include "server/scheduling/stage_table.h"

namespace omserve::scheduling {

// What a batch of each stage and gear was measured to take, per type of device: a moving average
// that one slow batch cannot spoil, and the least that was seen. Gears that nobody measured are
// guessed from their neighbours. Owned by Scheduler. Thread-compatible.
class GearCosts {
 public:
  // One entry, to be kept on disk. 'stage' is "pipeline/stage" unless the owner renames it (e.g. to
  // a hash of the model).
  struct Row {
    std::string device_type;
    std::string stage;
    int gear = 0;
    absl::Duration execute;
    absl::Duration copy_in;
    absl::Duration least;
    int64_t samples = 0;
  };

  explicit GearCosts(const StageTable& table);

  // Makes room for the stages that the table has now.
  void Grow();
  // Forgets what was measured of a stage: its number has been given again.
  void Reset(StageId stage);

  // A batch ran. Durations that are not above zero count as not measured.
  void Record(DeviceId device, StageId stage, int gear, absl::Duration execute,
              absl::Duration copy_in);
  // A job was ended because the least time says that it cannot end in time. Lowers the least by a
  // little, so that a wrong one does not turn all away for ever.
  void Doubt(DeviceId device, StageId stage);

  bool measured(DeviceId device, StageId stage, int gear) const;
  // Of a batch; a guess while never measured.
  absl::Duration Execute(DeviceId device, StageId stage, int gear) const;
  // Of the copies to the device; zero while unknown.
  absl::Duration CopyIn(DeviceId device, StageId stage, int gear) const;
  // The cheapest way to run any number of items. Valid until the next Record or Restore.
  const GearPlan& Plan(DeviceId device, StageId stage) const {
    const Entry& found = entry(device, stage);
    if (!found.planned_well) MakePlan(found, stage);
    return found.plan;
  }
  // A lower bound of the time until the first of any number of items has run; zero while unknown.
  absl::Duration Least(DeviceId device, StageId stage) const;

  // All that was measured, in the order of types, stages and gears.
  std::vector<Row> Snapshot() const;
  // Takes over what fits the table and was not measured since. Rows of others are left out; gives
  // how many were taken.
  int Restore(const std::vector<Row>& rows);
  // The same for one stage, whatever the rows say that theirs is: another version of the pipeline
  // may have a stage of the same name.
  int Restore(StageId stage, const std::vector<Row>& rows);

 private:
  struct Cost {
    absl::Duration execute;
    absl::Duration copy_in;
    absl::Duration least;
    absl::Duration first;  // the least of the first samples: of all gears under the same conditions
    int64_t samples = 0;
  };
  struct Entry {
    std::vector<Cost> gears;
    // Made when somebody asks, as most costs move more often than that.
    mutable GearPlan plan;
    mutable std::vector<absl::Duration> planned;  // the costs that 'plan' was made with
    mutable std::vector<bool> moved;              // since, too far; by gear
    mutable bool planned_well = false;            // there is a plan, and nothing has moved
  };

  size_t TypeOf(DeviceId device) const {
    return static_cast<size_t>(type_of_[static_cast<size_t>(device)]);
  }
  const Entry& entry(DeviceId device, StageId stage) const {
    return entries_[TypeOf(device)][static_cast<size_t>(stage)];
  }
  Entry& entry(DeviceId device, StageId stage) {
    return entries_[TypeOf(device)][static_cast<size_t>(stage)];
  }
  void MakePlan(const Entry& entry, StageId stage) const;
  // After the cost of a gear has changed.
  static void Compare(Entry& entry, size_t gear);
  int GearIndex(StageId stage, int gear) const;
  // Takes over one row, if it fits; gives how many were taken.
  int Take(StageId stage, const Row& row);
  // Costs of all gears of an entry, guesses included.
  std::vector<absl::Duration> Filled(const Entry& entry, StageId stage) const;

  const StageTable& table_;
  std::vector<std::string> types_;
  std::vector<int> type_of_;                 // by device
  std::vector<std::vector<Entry>> entries_;  // by type, stage
};

}  // namespace omserve::scheduling

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/scheduling/gear_costs.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace omserve::scheduling {
namespace {

// Of a new measurement in the average.
constexpr double kWeight = 0.25;
// A measurement counts for at most this many averages.
constexpr double kOutlier = 3;
// How fast the least follows an average that moved up, by measurement.
constexpr double kForget = 0.01;
// That GearTimer takes when a model is loaded.
constexpr int64_t kFirstSamples = 3;
// What a doubt leaves of the least.
constexpr double kDoubt = 0.98;
// Of an item nobody has measured yet; only the relations matter.
constexpr absl::Duration kUnknownItem = absl::Milliseconds(1);
// The plan is made anew when a cost has moved by more than this part.
constexpr double kReplan = 0.01;
// Costs of less than this are not worth a better plan.
constexpr absl::Duration kReplanLeast = absl::Microseconds(5);

bool Moved(absl::Duration from, absl::Duration to) {
  const absl::Duration by = absl::AbsDuration(to - from);
  return by > kReplanLeast && by > kReplan * from;
}

}  // namespace

GearCosts::GearCosts(const StageTable& table) : table_(table) {
  for (const DeviceSpec& device : table.devices()) {
    const auto found = std::find(types_.begin(), types_.end(), device.type);
    type_of_.push_back(static_cast<int>(found - types_.begin()));
    if (found == types_.end()) types_.push_back(device.type);
  }
  entries_.resize(types_.size());
  Grow();
}

void GearCosts::Grow() {
  for (std::vector<Entry>& stages : entries_) {
    for (StageId i = static_cast<StageId>(stages.size()); i < table_.stages(); ++i) {
      stages.emplace_back();
      stages.back().gears.resize(table_.stage(i).spec.gears.size());
    }
  }
}

void GearCosts::Reset(StageId stage) {
  for (std::vector<Entry>& stages : entries_) {
    Entry& found = stages[static_cast<size_t>(stage)];
    found = Entry();
    found.gears.resize(table_.stage(stage).spec.gears.size());
  }
}

int GearCosts::GearIndex(StageId stage, int gear) const {
  const std::vector<int>& gears = table_.stage(stage).spec.gears;
  const auto found = std::lower_bound(gears.begin(), gears.end(), gear);
  return found == gears.end() || *found != gear ? -1 : static_cast<int>(found - gears.begin());
}

void GearCosts::Record(DeviceId device, StageId stage, int gear, absl::Duration execute,
                       absl::Duration copy_in) {
  const int index = GearIndex(stage, gear);
  if (index < 0 || execute <= absl::ZeroDuration()) return;
  Entry& found = entry(device, stage);
  Cost& cost = found.gears[static_cast<size_t>(index)];
  copy_in = std::max(copy_in, absl::ZeroDuration());
  if (cost.samples++ == 0) {
    cost = {execute, copy_in, execute, execute, 1};
  } else {
    if (cost.samples <= kFirstSamples) cost.first = std::min(cost.first, execute);
    cost.least = std::min(cost.least + kForget * (cost.execute - cost.least), execute);
    cost.execute += kWeight * (std::min(execute, kOutlier * cost.execute) - cost.execute);
    cost.copy_in += kWeight * (copy_in - cost.copy_in);
  }
  Compare(found, static_cast<size_t>(index));
}

void GearCosts::Compare(Entry& entry, size_t gear) {
  if (entry.planned.empty()) return;
  entry.moved[gear] = Moved(entry.planned[gear], entry.gears[gear].execute);
  entry.planned_well = std::find(entry.moved.begin(), entry.moved.end(), true) == entry.moved.end();
}

void GearCosts::Doubt(DeviceId device, StageId stage) {
  for (Cost& cost : entry(device, stage).gears) cost.least *= kDoubt;
}

bool GearCosts::measured(DeviceId device, StageId stage, int gear) const {
  const int index = GearIndex(stage, gear);
  return index >= 0 && entry(device, stage).gears[static_cast<size_t>(index)].samples > 0;
}

absl::Duration GearCosts::Execute(DeviceId device, StageId stage, int gear) const {
  const int index = GearIndex(stage, gear);
  const Entry& found = entry(device, stage);
  const Cost& cost = found.gears[static_cast<size_t>(index)];
  if (cost.samples > 0) return cost.execute;
  return Filled(found, stage)[static_cast<size_t>(index)];
}

absl::Duration GearCosts::CopyIn(DeviceId device, StageId stage, int gear) const {
  const int index = GearIndex(stage, gear);
  return entry(device, stage).gears[static_cast<size_t>(index)].copy_in;
}

std::vector<absl::Duration> GearCosts::Filled(const Entry& entry, StageId stage) const {
  const std::vector<int>& rows = table_.stage(stage).spec.gears;
  std::vector<absl::Duration> filled(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    if (entry.gears[i].samples > 0) {
      filled[i] = entry.gears[i].execute;
      continue;
    }
    // In proportion to the nearest gear that was measured, the smaller one first.
    filled[i] = rows[i] * kUnknownItem;
    for (size_t away = 1; away < rows.size(); ++away) {
      const size_t near = i >= away && entry.gears[i - away].samples > 0 ? i - away : i + away;
      if (near >= rows.size() || entry.gears[near].samples == 0) continue;
      filled[i] = entry.gears[near].execute * rows[i] / rows[near];
      break;
    }
  }
  return filled;
}

void GearCosts::MakePlan(const Entry& entry, StageId stage) const {
  entry.planned = Filled(entry, stage);
  entry.moved.assign(entry.planned.size(), false);
  entry.planned_well = true;
  std::vector<GearPlan::Gear> gears;
  for (size_t i = 0; i < entry.planned.size(); ++i) {
    gears.push_back({table_.stage(stage).spec.gears[i], entry.planned[i]});
  }
  // A gear in use is measured among threads that wake up, one that is not when the model was
  // loaded. That makes no larger gear the quicker one.
  for (size_t i = gears.size() - 1; i-- > 0;) {
    const Cost& cost = entry.gears[i];
    const Cost& larger = entry.gears[i + 1];
    if (cost.samples == 0 || larger.samples == 0 || cost.first > larger.first) continue;
    gears[i].cost = std::min(gears[i].cost, gears[i + 1].cost);
  }
  entry.plan = GearPlan(std::move(gears));
}

absl::Duration GearCosts::Least(DeviceId device, StageId stage) const {
  absl::Duration least = absl::InfiniteDuration();
  for (const Cost& cost : entry(device, stage).gears) {
    if (cost.samples == 0) return absl::ZeroDuration();  // that gear may be quicker
    least = std::min(least, cost.least);
  }
  return least;
}

std::vector<GearCosts::Row> GearCosts::Snapshot() const {
  std::vector<Row> rows;
  for (size_t type = 0; type < types_.size(); ++type) {
    for (StageId stage = 0; stage < table_.stages(); ++stage) {
      const StageTable::Stage& info = table_.stage(stage);
      const Entry& found = entries_[type][static_cast<size_t>(stage)];
      for (size_t i = 0; info.pipeline >= 0 && i < found.gears.size(); ++i) {
        const Cost& cost = found.gears[i];
        if (cost.samples == 0) continue;
        rows.push_back({types_[type],
                        absl::StrCat(table_.pipeline(info.pipeline).name, "/", info.spec.name),
                        info.spec.gears[i], cost.execute, cost.copy_in, cost.least, cost.samples});
      }
    }
  }
  return rows;
}

int GearCosts::Take(StageId stage, const Row& row) {
  const auto type = std::find(types_.begin(), types_.end(), row.device_type);
  const int gear = GearIndex(stage, row.gear);
  if (type == types_.end() || gear < 0 || row.execute <= absl::ZeroDuration() || row.samples < 1) {
    return 0;
  }
  auto& stages = entries_[static_cast<size_t>(type - types_.begin())];
  Entry& found = stages[static_cast<size_t>(stage)];
  Cost& cost = found.gears[static_cast<size_t>(gear)];
  if (cost.samples > 0) return 0;
  const absl::Duration least = std::min(row.least, row.execute);
  cost = {row.execute, row.copy_in, least, least, row.samples};
  Compare(found, static_cast<size_t>(gear));
  return 1;
}

int GearCosts::Restore(const std::vector<Row>& rows) {
  int taken = 0;
  for (StageId stage = 0; stage < table_.stages(); ++stage) {
    const StageTable::Stage& info = table_.stage(stage);
    if (info.pipeline < 0) continue;
    const std::string name = absl::StrCat(table_.pipeline(info.pipeline).name, "/", info.spec.name);
    for (const Row& row : rows) {
      if (row.stage == name) taken += Take(stage, row);
    }
  }
  return taken;
}

int GearCosts::Restore(StageId stage, const std::vector<Row>& rows) {
  int taken = 0;
  for (const Row& row : rows) taken += Take(stage, row);
  return taken;
}

}  // namespace omserve::scheduling

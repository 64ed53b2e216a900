// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/scheduling/gear_plan.h"

#include <algorithm>
#include <utility>

namespace omserve::scheduling {
namespace {

// The table goes up to this many of the largest gear; beyond, the best gear does the bulk.
constexpr int64_t kTableGears = 3;
// A smaller gear that seems to take up to this much longer than a larger one takes the same: times
// are measured, and rows that carry nothing cost copies. So many microseconds are what threads and
// clocks make of a run of any length.
constexpr double kNoise = 1.02;
constexpr absl::Duration kLeastNoise = absl::Microseconds(10);

}  // namespace

GearPlan::GearPlan(std::vector<Gear> gears) : gears_(std::move(gears)) {
  for (size_t i = gears_.size() - 1; i-- > 0;) {
    const absl::Duration larger = gears_[i + 1].cost;
    if (gears_[i].cost <= kNoise * larger + kLeastNoise)
      gears_[i].cost = std::min(gears_[i].cost, larger);
  }
  longest_ = shortest_ = gears_.front().cost;
  for (size_t i = 1; i < gears_.size(); ++i) {
    // On a tie the larger gear: fewer batches.
    if (gears_[i].cost * gears_[best_].rows <= gears_[best_].cost * gears_[i].rows) best_ = i;
    longest_ = std::max(longest_, gears_[i].cost);
    shortest_ = std::min(shortest_, gears_[i].cost);
  }
  per_item_ = gears_[best_].cost / gears_[best_].rows;
  most_ = kTableGears * gears_.back().rows;
  table_.reserve(static_cast<size_t>(most_) + 1);
  table_.emplace_back();  // no items
}

const GearPlan::Cell& GearPlan::At(int64_t wanted) const {
  for (size_t items = table_.size(); items <= static_cast<size_t>(wanted); ++items) {
    Cell cell;
    cell.time = absl::InfiniteDuration();
    for (size_t gear = 0; gear < gears_.size(); ++gear) {
      const size_t rows = static_cast<size_t>(gears_[gear].rows);
      const Cell& rest = table_[items > rows ? items - rows : 0];
      const absl::Duration time = gears_[gear].cost + rest.time;
      const int64_t padding =
          rest.padding + (rows > items ? static_cast<int64_t>(rows - items) : 0);
      // Ties go to less padding, then to the larger gear first.
      if (time > cell.time || (time == cell.time && padding > cell.padding)) continue;
      cell = {time, padding, gear};
    }
    table_.push_back(cell);
  }
  return table_[static_cast<size_t>(wanted)];
}

int64_t GearPlan::Bulk(int64_t items) const {
  if (items <= most_) return 0;
  const int64_t rows = gears_[best_].rows;
  return (items - most_ + rows - 1) / rows;
}

absl::Duration GearPlan::LongTime(int64_t items) const {
  const int64_t bulk = Bulk(items);
  return bulk * gears_[best_].cost + At(items - bulk * gears_[best_].rows).time;
}

int64_t GearPlan::Padding(int64_t items) const {
  return At(items - Bulk(items) * gears_[best_].rows).padding;
}

size_t GearPlan::First(int64_t items) const { return Bulk(items) > 0 ? best_ : At(items).first; }

}  // namespace omserve::scheduling

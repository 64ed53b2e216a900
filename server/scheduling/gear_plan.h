// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "absl/time/time.h"

namespace omserve::scheduling {

// The cheapest way to run any number of items with given gears ("two of 4, or a padded 8?"): an
// exact dynamic programme over the gears, with the last batch padded where that is cheaper. It goes
// as far as somebody has asked, so that a plan for few items is made quickly. A value;
// single-thread, const members too.
class GearPlan {
 public:
  struct Gear {
    int rows = 0;
    absl::Duration cost;  // device time of one batch, above 0
  };

  GearPlan() = default;
  // REQUIRES: gears ascending by rows, at least one.
  explicit GearPlan(std::vector<Gear> gears);

  // The least device time for 'items'; zero for none.
  absl::Duration Time(int64_t items) const {
    const size_t index = static_cast<size_t>(items);
    return index < table_.size() ? table_[index].time : LongTime(items);
  }
  // Rows that carry nothing on the way of Time(items); the least of the cheapest ways.
  int64_t Padding(int64_t items) const;
  // The gear to run first on that way, the largest one; its index. REQUIRES: items > 0.
  size_t First(int64_t items) const;

  const std::vector<Gear>& gears() const { return gears_; }
  // Of one item in the gear that is cheapest by the item, which is 'best'.
  absl::Duration per_item() const { return per_item_; }
  size_t best() const { return best_; }
  // The longest batch.
  absl::Duration longest() const { return longest_; }
  // The shortest batch: no item takes less.
  absl::Duration shortest() const { return shortest_; }

 private:
  struct Cell {
    absl::Duration time;
    int64_t padding = 0;
    size_t first = 0;  // gear
  };
  // How many batches of the best gear go before the table starts.
  int64_t Bulk(int64_t items) const;
  // Of items that the table may not have yet.
  absl::Duration LongTime(int64_t items) const;
  // REQUIRES: no bulk goes before.
  const Cell& At(int64_t items) const;

  std::vector<Gear> gears_;
  int64_t most_ = 0;                 // items that the table may have
  mutable std::vector<Cell> table_;  // by items, as far as it was needed
  size_t best_ = 0;
  absl::Duration per_item_;
  absl::Duration longest_;
  absl::Duration shortest_;
};

}  // namespace omserve::scheduling

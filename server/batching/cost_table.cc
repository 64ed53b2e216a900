// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/batching/cost_table.h"

#include <algorithm>

namespace omserve {
namespace {

// Of a new measurement in the average.
constexpr double kWeight = 0.25;
// Of an item nobody has measured yet; only the relation between the devices matters.
constexpr absl::Duration kUnknownItem = absl::Milliseconds(1);

}  // namespace

void CostTable::Record(int stage, int gear, absl::Duration execute, absl::Duration h2d) {
  MutexLock lock(mutex_);
  auto [found, fresh] = stages_[static_cast<size_t>(stage)].try_emplace(gear, Cost{execute, h2d});
  if (fresh) return;
  found->second.execute += kWeight * (execute - found->second.execute);
  found->second.h2d += kWeight * (h2d - found->second.h2d);
}

absl::Duration CostTable::Execute(int stage, int gear) const {
  MutexLock lock(mutex_);
  const auto& costs = stages_[static_cast<size_t>(stage)];
  const auto found = costs.find(gear);
  return found == costs.end() ? absl::ZeroDuration() : found->second.execute;
}

absl::Duration CostTable::CopyIn(int stage, int gear) const {
  MutexLock lock(mutex_);
  const auto& costs = stages_[static_cast<size_t>(stage)];
  const auto found = costs.find(gear);
  return found == costs.end() ? absl::ZeroDuration() : found->second.h2d;
}

absl::Duration CostTable::PerItem(int stage) const {
  MutexLock lock(mutex_);
  absl::Duration cheapest = absl::InfiniteDuration();
  for (const auto& [gear, cost] : stages_[static_cast<size_t>(stage)]) {
    cheapest = std::min(cheapest, cost.execute / gear);
  }
  return cheapest == absl::InfiniteDuration() ? kUnknownItem : cheapest;
}

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/scheduling/batch_former.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace omserve::scheduling {
namespace {

struct Score {
  int64_t in_time = 0;
  absl::Duration time;
  int64_t padding = 0;

  bool BetterThan(const Score& other) const {
    if (in_time != other.in_time) return in_time > other.in_time;
    if (time != other.time) return time < other.time;
    return padding <= other.padding;  // later ones are larger gears: fewer batches
  }
};

// Takes what a batch has room for, those first that it ends in time; gives how many these are.
// 'left' gets what is not taken, in order.
int64_t Fill(const std::vector<WaitingItems>& waiting, int64_t rows, absl::Time finish,
             BatchChoice& choice, std::vector<WaitingItems>& left) {
  std::vector<WaitingItems> late;
  int64_t room = rows;
  for (const WaitingItems& group : waiting) {
    const bool in_time = finish <= group.due;
    const int64_t items = in_time ? std::min(room, group.items) : 0;
    if (items > 0) choice.take.push_back({group.job, items, group.due});
    room -= items;
    if (items < group.items) {
      (in_time ? left : late).push_back({group.job, group.items - items, group.due});
    }
  }
  const int64_t in_time = rows - room;
  for (const WaitingItems& group : late) {
    const int64_t items = std::min(room, group.items);
    if (items > 0) choice.take.push_back({group.job, items, group.due});
    room -= items;
  }
  return in_time;
}

// Of items that come after a batch, how many end in time on the cheapest way.
int64_t InTimeAfter(const GearPlan& plan, const std::vector<WaitingItems>& left, absl::Time start) {
  int64_t in_time = 0;
  for (const WaitingItems& group : left) {
    if (start + plan.Time(in_time + group.items) <= group.due) in_time += group.items;
  }
  return in_time;
}

BatchChoice TakeInOrder(const std::vector<WaitingItems>& waiting, size_t gear, int64_t rows) {
  BatchChoice choice;
  choice.gear = gear;
  choice.take.reserve(std::min(waiting.size(), static_cast<size_t>(rows)));
  for (const WaitingItems& group : waiting) {
    const int64_t items = std::min(rows - choice.items, group.items);
    if (items == 0) break;
    choice.take.push_back({group.job, items, group.due});
    choice.items += items;
  }
  return choice;
}

// Small jobs at the head need not wait for a long gear that a bulk job fills up, one that has
// enough items for the largest gear by itself: a gear of their own goes first when its price, the
// device time that the bulk's items would have saved in theirs, is spare. Nothing otherwise.
std::optional<BatchChoice> SmallJobsFirst(const GearPlan& plan,
                                          const std::vector<WaitingItems>& waiting, int64_t total,
                                          absl::Time start, absl::Duration spare) {
  const int64_t largest = plan.gears().back().rows;
  int64_t items = 0;
  bool bulk = false;
  absl::Time due = absl::InfiniteFuture();  // of the bulk jobs
  for (const WaitingItems& group : waiting) {
    if (group.job->waiting_items() >= largest) {
      bulk = true;
      due = std::min(due, group.due);
    } else if (bulk) {
      return std::nullopt;
    } else {
      items += group.items;
    }
  }
  const GearPlan::Gear& whole = plan.gears()[plan.First(total)];
  if (!bulk || items == 0 || items >= whole.rows) return std::nullopt;
  const size_t gear = plan.First(items);
  const auto& [rows, cost] = plan.gears()[gear];
  if (rows < items || cost >= whole.cost) return std::nullopt;
  BatchChoice choice = TakeInOrder(waiting, gear, rows);
  const absl::Duration rest = plan.Time(total - choice.items);
  choice.price = std::max(cost + rest - plan.Time(total), cost - choice.items * plan.per_item());
  if (choice.price > spare || start + cost + rest > due) return std::nullopt;
  return choice;
}

}  // namespace

BatchChoice ChooseBatch(const GearPlan& plan, const std::vector<WaitingItems>& waiting,
                        int64_t total, absl::Time start, absl::Duration spare) {
  absl::Time first_due = absl::InfiniteFuture();
  for (const WaitingItems& group : waiting) first_due = std::min(first_due, group.due);
  if (start + plan.Time(total) <= first_due) {
    if (auto choice = SmallJobsFirst(plan, waiting, total, start, spare)) return *choice;
    const size_t gear = plan.First(total);
    return TakeInOrder(waiting, gear, plan.gears()[gear].rows);
  }
  BatchChoice best;
  Score best_score;
  std::vector<WaitingItems> left;
  for (size_t gear = 0; gear < plan.gears().size(); ++gear) {
    const auto& [rows, cost] = plan.gears()[gear];
    BatchChoice choice;
    choice.gear = gear;
    left.clear();
    Score score;
    score.in_time = Fill(waiting, rows, start + cost, choice, left);
    for (const WaitingItems& group : choice.take) choice.items += group.items;
    score.in_time += InTimeAfter(plan, left, start + cost);
    score.time = cost + plan.Time(total - choice.items);
    score.padding = rows - choice.items + plan.Padding(total - choice.items);
    if (gear > 0 && !score.BetterThan(best_score)) continue;
    best = std::move(choice);
    best_score = score;
  }
  return best;
}

}  // namespace omserve::scheduling

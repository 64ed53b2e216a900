// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/scheduling/stage_choice.h"

#include <algorithm>
#include <tuple>

namespace omserve::scheduling {
namespace {

// A batch uses the device well when no more than a tenth of its time could be saved.
constexpr double kEfficient = 0.9;
// A stage lets at least this many of the longest batches go first before it is starving.
constexpr int kPatientBatches = 3;

using Kept = std::vector<size_t>;

// Keeps those for which 'good' holds, unless there are none.
template <typename Good>
bool Keep(Kept& kept, Good good) {
  Kept some;
  for (const size_t i : kept) {
    if (good(i)) some.push_back(i);
  }
  if (some.empty()) return false;
  kept = std::move(some);
  return true;
}

}  // namespace

size_t ChooseStage(const std::vector<StageCandidate>& candidates, absl::Time start,
                   absl::Duration patience) {
  if (candidates.size() == 1) return 0;
  Kept kept(candidates.size());
  absl::Duration longest;
  for (size_t i = 0; i < kept.size(); ++i) {
    kept[i] = i;
    longest = std::max(longest, candidates[i].cost);
  }
  const double slack = absl::ToDoubleSeconds(longest);
  Keep(kept, [&](size_t i) { return candidates[i].ahead <= slack; });
  Keep(kept, [&](size_t i) { return !candidates[i].relegated; });

  const bool late_if_second = Keep(kept, [&](size_t i) {
    const absl::Time finish = start + candidates[i].cost;
    return finish <= candidates[i].due && finish + longest > candidates[i].due;
  });
  if (late_if_second) {
    return *std::min_element(kept.begin(), kept.end(), [&](size_t a, size_t b) {
      return std::tie(candidates[a].due, candidates[a].stage) <
             std::tie(candidates[b].due, candidates[b].stage);
    });
  }
  const absl::Duration limit = std::max(patience, kPatientBatches * longest);
  if (Keep(kept, [&](size_t i) { return candidates[i].passed > limit; })) {
    return *std::max_element(kept.begin(), kept.end(), [&](size_t a, size_t b) {
      return std::tie(candidates[a].passed, candidates[b].stage) <
             std::tie(candidates[b].passed, candidates[a].stage);
    });
  }
  // Not a cheap stage, whose poor batch loses next to nothing: what waits there may be what the
  // others wait for.
  Keep(kept, [&](size_t i) {
    const absl::Duration lost = (1 - candidates[i].efficiency) * candidates[i].cost;
    return candidates[i].efficiency >= kEfficient || lost <= (1 - kEfficient) * longest;
  });
  // The older request first, which is mostly the one at the later stage; that has a batch's lead
  // for every stage that it does not have to pass any more. A strict order of stages would let a
  // request with many items at a late stage keep all others from theirs.
  const auto rank = [&](size_t i) { return candidates[i].key + candidates[i].left * longest; };
  return *std::min_element(kept.begin(), kept.end(), [&](size_t a, size_t b) {
    return std::make_tuple(rank(a), candidates[a].left, candidates[a].ahead, candidates[a].stage) <
           std::make_tuple(rank(b), candidates[b].left, candidates[b].ahead, candidates[b].stage);
  });
}

}  // namespace omserve::scheduling

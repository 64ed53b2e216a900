// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/load_progress.h"

namespace omserve::client {

LoadProgress::LoadProgress(const LoadPlan& plan) : plan_(plan) {
  if (!plan.schedule.empty()) {
    const auto since_epoch = [&plan](std::chrono::nanoseconds due) {
      return (plan.begin + due).time_since_epoch().count();
    };
    measured_begin_ = since_epoch(plan.schedule[static_cast<size_t>(plan.options.warmup)]);
    send_end_ = since_epoch(plan.schedule.back());
  } else if (plan.shares.empty()) {
    measured_begin_ = plan.begin.time_since_epoch().count();
    send_end_ = plan.end().time_since_epoch().count();
  }
}

bool LoadProgress::TakeNumber(LoadTime now, uint64_t* number) {
  const LoadOptions& options = plan_.options;
  const LoadTime begin = measured_begin();
  const bool over = begin != LoadTime::max() && options.duration != absl::InfiniteDuration() &&
                    absl::FromChrono(now - begin) >= options.duration;
  *number = over ? 0 : next_.fetch_add(1, std::memory_order_relaxed);
  const auto warmup = static_cast<uint64_t>(options.warmup);
  const auto requests = static_cast<uint64_t>(options.requests);
  if (over || (requests > 0 && *number >= warmup + requests)) {
    Span::rep unknown = LoadTime::max().time_since_epoch().count();
    send_end_.compare_exchange_strong(unknown, now.time_since_epoch().count());
    return false;
  }
  if (*number == warmup) {
    measured_begin_ = now.time_since_epoch().count();
  }
  return true;
}

}  // namespace omserve::client

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// When a job must run, and from when on it cannot end in its budget.
#include <algorithm>
#include <cmath>

#include "server/scheduling/scheduler.h"

namespace omserve::scheduling {

void Scheduler::SetTimes(Job& job, absl::Time since) {
  const StageId stage = job.spec.stage;
  const GearPlan& plan = costs_.Plan(job.bound >= 0 ? job.bound : AnyDevice(stage), stage);
  const int64_t first = std::min<int64_t>(job.spec.items, table_.stage(stage).max_gear());
  job.due = job.spec.budget_end - ExpectedAfter(stage);
  // As its first batch must start, not as if all its items were one: else a large one would be
  // the more urgent for being large.
  job.base = std::min(job.due - plan.Time(first), since + options_.aging);
  if (job.spec.priority == Priority::kBatch) job.base += options_.batch_offset;
  job.step = StepOf(stage, plan);
}

absl::Duration Scheduler::StepOf(StageId stage, const GearPlan& plan) {
  StageState& state = state_of(stage);
  if (state.per_item != plan.per_item()) {
    state.per_item = plan.per_item();
    state.step = options_.share * state.per_item;
  }
  return state.step;
}

void Scheduler::SetExpiry(Job& job, bool only_later) {
  if (job.spec.budget_end == absl::InfiniteFuture()) return;
  const StageId stage = job.spec.stage;
  absl::Duration least;
  if (!job.waiting.empty()) {
    const DeviceId device = job.bound >= 0 ? job.bound : AnyDevice(stage);
    if (device >= 0 && (one_type_ || job.bound >= 0)) least = costs_.Least(device, stage);
    const int64_t gear = table_.stage(stage).max_gear();
    const bool one_by_one = device >= 0 && !job.spec.spread && device_of(device).lanes.size() == 1;
    const int64_t batches = (job.waiting_items() + gear - 1) / gear;
    if (one_by_one && batches > 1) least *= batches;
  }
  const absl::Time expiry = job.spec.budget_end - LeastAfter(stage) - least;
  if (only_later && expiry <= job.expiry) return;
  expiries_.Set(job, expiry);
}

absl::Duration Scheduler::ExpectedAfter(StageId stage) const {
  absl::Duration total;
  for (StageId next = stage + 1; next <= stage + table_.stage(stage).left; ++next) {
    const DeviceId device = AnyDevice(next);
    const int64_t items = std::llround(state_of(next).items_a_request);
    if (device >= 0 && items > 0) total += costs_.Plan(device, next).Time(items);
  }
  return total;
}

absl::Duration Scheduler::LeastAfter(StageId stage) const {
  absl::Duration total;
  for (StageId next = stage + 1; next <= stage + table_.stage(stage).left; ++next) {
    const DeviceId device = AnyDevice(next);
    if (table_.stage(next).spec.skippable || device < 0 || !one_type_) continue;
    total += costs_.Least(device, next);
  }
  return total;
}

void Scheduler::Expire(absl::Time now) {
  while (!expiries_.empty() && expiries_.first().expiry <= now) {
    const Job& job = expiries_.first();
    const bool predicted = now < job.spec.budget_end;
    if (predicted && AnyDevice(job.spec.stage) >= 0) {
      costs_.Doubt(job.bound >= 0 ? job.bound : AnyDevice(job.spec.stage), job.spec.stage);
    }
    End(job.id, EndReason::kExpired,
        absl::DeadlineExceededError(predicted ? "the request cannot end before its deadline"
                                              : "the deadline has passed"),
        false, predicted);
  }
}

}  // namespace omserve::scheduling

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/load_plan.h"

#include <algorithm>
#include <utility>

#include "client/load/seeded_draw.h"

namespace omserve::client {

size_t LoadPlan::ClassOf(uint64_t number) const {
  if (classes.size() == 1) {
    return 0;
  }
  const double draw = SeededDraw(options.seed, DrawFor::kClass, number);
  const auto found = std::upper_bound(shares.begin(), shares.end(), draw);
  return std::min(static_cast<size_t>(found - shares.begin()), classes.size() - 1);
}

LoadTime LoadPlan::end() const {
  if (options.duration == absl::InfiniteDuration()) {
    return LoadTime::max();
  }
  const std::chrono::nanoseconds warmup = schedule.empty()
                                              ? std::chrono::nanoseconds(0)
                                              : schedule[static_cast<size_t>(options.warmup)];
  return begin + warmup + absl::ToChronoNanoseconds(options.duration);
}

absl::StatusOr<LoadPlan> MakePlan(const LoadOptions& options, std::vector<RequestClass> classes) {
  if (classes.empty()) {
    return absl::InvalidArgumentError("no class of requests");
  }
  LoadPlan plan;
  plan.options = options;
  plan.options.warmup = std::max<int64_t>(0, options.warmup);
  plan.options.senders = std::max(1, options.senders);
  plan.options.channels = std::max(1, options.channels);
  plan.options.in_flight = std::max(1, options.in_flight);
  const bool endless = options.duration == absl::InfiniteDuration();
  double sum = 0;
  for (const RequestClass& one : classes) {
    if (one.spec().cameras > 0 && endless) {
      return absl::InvalidArgumentError("cameras go on until --duration ends them; give it");
    }
    sum += one.spec().cameras > 0 ? 0 : one.spec().share;
    plan.shares.push_back(sum);
  }
  for (double& share : plan.shares) {
    share /= sum;
  }
  plan.classes = std::move(classes);
  for (RequestClass& one : plan.classes) one.set_access(options.access);
  if (sum <= 0) {
    plan.shares.clear();
  } else if (options.arrivals.has_value()) {
    Arrivals arrivals = *options.arrivals;
    arrivals.seed = options.seed;
    auto schedule = ComputeSchedule(arrivals, {.warmup = plan.options.warmup,
                                               .requests = options.requests,
                                               .duration = options.duration});
    if (!schedule.ok()) {
      return schedule.status();
    }
    plan.schedule = *std::move(schedule);
  } else if (options.requests <= 0 && endless) {
    return absl::InvalidArgumentError("neither a number of requests nor a duration");
  }
  return plan;
}

}  // namespace omserve::client

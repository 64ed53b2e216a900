// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/capacity_plan.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "tests/simulation/world.h"

namespace omserve::simulation {
namespace {

constexpr double kWarmUp = 0.1;  // part of a run
constexpr int kPlenty = 64;      // requests in flight a device, to saturate it

Scenario ScenarioOf(const CapacityModel& model, int devices) {
  Scenario scenario;
  scenario.seed = model.seed;
  scenario.check = false;
  scenario.until = model.lasting;
  scenario.noise = model.noise;
  scenario.host_delay = model.host_delay;
  int lanes = 1;
  for (const scheduling::StageSpec& stage : model.pipeline.spec.stages) {
    lanes = std::max(lanes, stage.instances);
  }
  scenario.devices.assign(static_cast<size_t>(devices), {"npu", lanes});
  scenario.slowness.assign(static_cast<size_t>(devices), 1);
  scenario.pipelines.push_back(model.pipeline);
  return scenario;
}

LoadModel LoadOf(const CapacityModel& model) {
  LoadModel load;
  load.requests = int64_t{1} << 40;
  load.items = model.items;
  load.decode = model.host_before;
  load.host_step = model.host_between;
  return load;
}

// Of the requests that were sent after the warm-up, and so early that the limit was over at the
// end. With an infinite limit, of those that were answered.
CapacityPoint PointOf(const CapacityModel& model, int devices, const WorldResult& result,
                      absl::Duration limit) {
  const bool limited = limit != absl::InfiniteDuration();
  const absl::Time from = absl::UnixEpoch() + model.lasting * kWarmUp;
  const absl::Time to = absl::UnixEpoch() + model.lasting - (limited ? limit : absl::Duration());
  const double seconds = absl::ToDoubleSeconds(model.lasting * (1 - kWarmUp));
  const LoadResult& load = result.loads[0];
  std::vector<absl::Duration> latencies;
  int64_t answered = 0;
  for (size_t i = 0; i < load.latencies.size(); ++i) {
    const absl::Time sent = load.done_at[i] - load.latencies[i];
    if (load.done_at[i] >= from) ++answered;
    if (sent >= from && sent <= to) latencies.push_back(load.latencies[i]);
  }
  std::sort(latencies.begin(), latencies.end());
  const auto all = limited
                       ? std::count_if(load.sent_at.begin(), load.sent_at.end(),
                                       [&](absl::Time sent) { return sent >= from && sent <= to; })
                       : static_cast<std::ptrdiff_t>(latencies.size());
  const auto quantile = [&](double part) {
    const auto at = static_cast<size_t>(std::ceil(part * static_cast<double>(all)));
    return at == 0 || at > latencies.size() ? absl::InfiniteDuration() : latencies[at - 1];
  };
  const auto within = std::upper_bound(latencies.begin(), latencies.end(), limit);
  CapacityPoint point;
  point.devices = devices;
  point.offered = to > from ? static_cast<double>(all) / absl::ToDoubleSeconds(to - from) : 0;
  point.answered = static_cast<double>(answered) / seconds;
  point.within =
      all == 0 ? 0 : static_cast<double>(within - latencies.begin()) / static_cast<double>(all);
  point.p50 = quantile(0.5);
  point.p99 = quantile(0.99);
  point.busy = absl::FDivDuration(result.busy, result.lasted * devices);
  return point;
}

}  // namespace

CapacityPoint Saturate(const CapacityModel& model, int devices, int in_flight) {
  Scenario scenario = ScenarioOf(model, devices);
  LoadModel load = LoadOf(model);
  load.kind = LoadModel::Kind::kClosed;
  load.clients = in_flight;
  scenario.loads.push_back(std::move(load));
  return PointOf(model, devices, World(scenario, nullptr).Run(), absl::InfiniteDuration());
}

CapacityPoint Offer(const CapacityModel& model, int devices, double rate, absl::Duration limit) {
  Scenario scenario = ScenarioOf(model, devices);
  LoadModel load = LoadOf(model);
  load.interval = absl::Seconds(1) / rate;
  scenario.loads.push_back(std::move(load));
  return PointOf(model, devices, World(scenario, nullptr).Run(), limit);
}

CapacityAnswer PlanCapacity(const CapacityModel& model, const CapacityGoal& goal) {
  CapacityAnswer answer;
  answer.one_device = Saturate(model, 1, kPlenty).answered;
  const double least = answer.one_device > 0 ? goal.rate / answer.one_device : 1;
  int devices = std::max(1, static_cast<int>(std::min<double>(std::floor(least), 1 << 20)));
  for (; devices <= goal.most_devices; ++devices) {
    answer.points.push_back(Offer(model, devices, goal.rate, goal.limit));
    if (answer.devices > 0) break;  // that was the spare one
    if (answer.points.back().within >= goal.part) answer.devices = devices;
  }
  return answer;
}

}  // namespace omserve::simulation

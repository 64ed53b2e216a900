// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/scenario.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "tests/simulation/random.h"

namespace omserve::simulation {
namespace {

std::vector<int> DrawGears(Random& random) {
  static const std::vector<std::vector<int>> kGears = {
      {1}, {4}, {1, 4, 8}, {1, 2, 4, 8}, {1, 4, 8, 16, 32}, {8, 16}, {1, 3, 7}};
  return kGears[static_cast<size_t>(random.Int(0, static_cast<int64_t>(kGears.size()) - 1))];
}

StageTime DrawTime(Random& random) {
  StageTime time;
  time.fixed = absl::Microseconds(random.Int(0, 1) * random.Int(100, 8000));
  time.per_row = absl::Microseconds(random.Int(50, 4000));
  time.copy_in = absl::Microseconds(random.Int(0, 500));
  time.copy_out = absl::Microseconds(random.Int(0, 500));
  return time;
}

PipelineModel DrawPipeline(Random& random, int index, int devices, int lanes) {
  PipelineModel model;
  model.spec.name = absl::StrCat("pipeline", index);
  model.spec.weight = random.Chance(0.5) ? 1 : random.Between(0.5, 4);
  const int64_t stages = random.Int(1, 4);
  for (int64_t i = 0; i < stages; ++i) {
    scheduling::StageSpec stage;
    stage.name = absl::StrCat("stage", i);
    stage.gears = DrawGears(random);
    stage.instances = static_cast<int>(random.Int(1, lanes));
    stage.max_queue_items = random.Chance(0.2) ? random.Int(1, 50) : 4096;
    stage.max_items_per_request = random.Chance(0.1) ? random.Int(1, 200) : 0;
    stage.max_delay =
        random.Chance(0.1) ? absl::Milliseconds(random.Int(1, 5)) : absl::ZeroDuration();
    stage.skippable = i > 0;
    if (random.Chance(0.15)) {  // placed
      for (int device = 0; device < devices; ++device) {
        if (random.Chance(0.5)) stage.devices.push_back(device);
      }
    }
    model.spec.stages.push_back(std::move(stage));
    model.times.push_back(DrawTime(random));
  }
  return model;
}

LoadModel DrawLoad(Random& random, const Scenario& scenario, int64_t requests) {
  LoadModel load;
  load.kind = static_cast<LoadModel::Kind>(random.Int(0, 2));
  load.pipeline =
      static_cast<int>(random.Int(0, static_cast<int64_t>(scenario.pipelines.size()) - 1));
  load.clients = static_cast<int>(random.Int(1, 16));
  load.interval = load.kind == LoadModel::Kind::kClosed && random.Chance(0.5)
                      ? absl::ZeroDuration()
                      : absl::Microseconds(random.Int(50, 20000));
  load.burst = static_cast<int>(random.Int(2, 20));
  load.requests = requests;
  const PipelineModel& pipeline = scenario.pipelines[static_cast<size_t>(load.pipeline)];
  for (size_t i = 0; i < pipeline.times.size(); ++i) {
    ItemModel items;
    if (i > 0 || random.Chance(0.2)) {
      items.kind = ItemModel::Kind::kSkewed;
      items.most = random.Chance(0.15) ? 1000 : random.Int(1, 60);
      items.skew = random.Between(1, 6);
    }
    load.items.push_back(items);
  }
  if (random.Chance(0.25)) load.priority = scheduling::Priority::kBatch;
  if (random.Chance(0.6)) {
    load.budget = absl::Milliseconds(random.Int(5, 400));
    load.budget_spread = random.Between(0, 0.9);
  }
  load.decode = absl::Microseconds(random.Int(0, 2000));
  load.host_step = absl::Microseconds(random.Int(0, 1000));
  const auto part = [&random](double chance, double most) {
    return random.Chance(chance) ? random.Between(0, most) : 0;
  };
  load.cancel = part(0.3, 0.3);
  load.chained = part(0.5, 1);
  load.keeps = random.Chance(0.5) ? 1 : random.Unit();
  load.movable = part(0.3, 1);
  load.spread = part(0.5, 1);
  load.poison = part(0.1, 0.05);
  load.guilty = part(0.15, 0.1);
  load.streams = random.Chance(0.15) ? static_cast<int>(random.Int(1, 4)) : 0;
  load.admit = random.Chance(0.8);
  load.knows_items = random.Chance(0.3);
  return load;
}

}  // namespace

Scenario DrawScenario(uint64_t seed) {
  Random random(seed);
  Scenario scenario;
  scenario.seed = seed;
  const int devices = random.Chance(0.04)  ? 64
                      : random.Chance(0.2) ? static_cast<int>(random.Int(5, 16))
                                           : static_cast<int>(random.Int(1, 4));
  const int lanes = random.Chance(0.7) ? 1 : static_cast<int>(random.Int(1, 3));
  const bool mixed = random.Chance(0.15);
  for (int i = 0; i < devices; ++i) {
    const bool slow = mixed && random.Chance(0.5);
    scenario.devices.push_back({slow ? "slow" : "fast", lanes});
    scenario.slowness.push_back(slow ? 2.5 : 1);
  }
  const int64_t pipelines = random.Chance(0.6) ? 1 : random.Int(2, 4);
  for (int64_t i = 0; i < pipelines; ++i) {
    scenario.pipelines.push_back(DrawPipeline(random, static_cast<int>(i), devices, lanes));
  }
  const int64_t loads = random.Int(1, 3);
  for (int64_t i = 0; i < loads; ++i) {
    scenario.loads.push_back(DrawLoad(random, scenario, random.Int(5, 90 / loads)));
  }
  if (random.Chance(0.2)) {
    const int64_t deaths = random.Int(1, std::min(devices, 3));
    for (int64_t i = 0; i < deaths; ++i) {
      scenario.faults.deaths.push_back({static_cast<int>(random.Int(0, devices - 1)),
                                        absl::Microseconds(random.Int(100, 300000)),
                                        random.Chance(0.4)});
    }
  }
  if (random.Chance(0.1)) scenario.faults.device_fault = random.Between(0, 0.1);
  scenario.noise = random.Chance(0.3) ? 0 : random.Between(0, 0.3);
  scenario.straggler = random.Chance(0.2) ? 0.02 : 0;
  scenario.host_delay = absl::Microseconds(random.Int(0, 300));
  scenario.measured = random.Chance(0.8);
  scenario.options.hang_least = absl::Milliseconds(500);
  scenario.options.hang_unknown = absl::Seconds(20);
  scenario.options.aging = absl::Milliseconds(random.Int(10, 1000));
  scenario.options.batch_offset = absl::Milliseconds(random.Int(0, 2000));
  scenario.options.patience = absl::Milliseconds(random.Int(10, 250));
  if (random.Chance(0.2)) scenario.options.max_requests = random.Int(1, 20);
  if (random.Chance(0.5)) {
    scenario.faults.revive = random.Between(0.2, 1);
    scenario.faults.reset = absl::Milliseconds(random.Int(1, 200));
  }
  return scenario;
}

std::string Describe(const Scenario& scenario) {
  int64_t requests = 0;
  for (const LoadModel& load : scenario.loads) requests += load.requests;
  return absl::StrCat("seed ", scenario.seed, ": ", scenario.devices.size(), " devices, ",
                      scenario.pipelines.size(), " pipelines, ", scenario.loads.size(), " loads, ",
                      requests, " requests, ", scenario.faults.deaths.size(), " deaths",
                      scenario.faults.revive > 0 ? ", revived" : "");
}

}  // namespace omserve::simulation

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/figures.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/simulation/scenario.h"
#include "tests/simulation/world.h"

namespace omserve::simulation {
namespace {

constexpr absl::Duration kRun = absl::Seconds(60);  // virtual
constexpr double kNoise = 0.02;

Scenario OneStage(scheduling::StageSpec stage, StageTime time, int devices) {
  Scenario scenario;
  scenario.check = false;
  scenario.until = kRun;
  scenario.noise = kNoise;
  scenario.host_delay = absl::Microseconds(50);
  for (int i = 0; i < devices; ++i) {
    scenario.devices.push_back({"npu", 1});
    scenario.slowness.push_back(1);
  }
  stage.name = "stage";
  stage.max_queue_items = 1 << 20;
  PipelineModel model;
  model.spec.name = "pipeline";
  model.spec.stages.push_back(std::move(stage));
  time.copy_in = absl::Microseconds(100);
  time.copy_out = absl::Microseconds(100);
  model.times.push_back(std::move(time));
  scenario.pipelines.push_back(std::move(model));
  return scenario;
}

LoadModel Closed(int clients, ItemModel items) {
  LoadModel load;
  load.kind = LoadModel::Kind::kClosed;
  load.clients = clients;
  load.requests = 1 << 30;
  load.items.push_back(items);
  load.decode = absl::Microseconds(200);
  return load;
}

LoadModel Open(double rate, ItemModel items) {
  LoadModel load = Closed(1, items);
  load.kind = LoadModel::Kind::kPoisson;
  load.interval = absl::Seconds(1) / rate;
  return load;
}

Scenario Crops() {
  StageTime time;
  time.fixed = absl::Milliseconds(4);
  time.per_row = absl::Microseconds(250);
  scheduling::StageSpec stage;
  stage.gears = {1, 4, 8, 16, 32};
  stage.skippable = true;
  return OneStage(std::move(stage), std::move(time), 1);
}

Scenario InternVit() {
  StageTime time;
  time.table = {absl::Milliseconds(88.99), absl::Milliseconds(134.5), absl::Milliseconds(244.9)};
  scheduling::StageSpec stage;
  stage.gears = {1, 4, 8};
  return OneStage(std::move(stage), std::move(time), 1);
}

WorldResult Run(const Scenario& scenario) { return World(scenario, nullptr).Run(); }

double ItemsPerSecond(const WorldResult& result) {
  return static_cast<double>(result.counters[0].items) / absl::ToDoubleSeconds(result.lasted);
}

// Answers a second after the first tenth of the run.
double AnswersPerSecond(const WorldResult& result) {
  const LoadResult& load = result.loads[0];
  const absl::Time from = absl::UnixEpoch() + kRun / 10;
  const auto first = std::lower_bound(load.done_at.begin(), load.done_at.end(), from);
  return static_cast<double>(load.done_at.end() - first) / absl::ToDoubleSeconds(kRun * 0.9);
}

absl::Duration Percentile(std::vector<absl::Duration> values, double part) {
  if (values.empty()) return absl::InfiniteDuration();
  std::sort(values.begin(), values.end());
  return values[static_cast<size_t>(part * static_cast<double>(values.size() - 1))];
}

Figure CropsOfIdeal() {
  Scenario scenario = Crops();
  scenario.loads.push_back(Closed(48, {ItemModel::Kind::kSkewed, 60, 3}));
  return {"sched.crops.of_ideal", ItemsPerSecond(Run(scenario)) * 0.012 / 32, 0.95, true,
          "crops a second over gear 32 always full; 0 to 60 skewed crops an image, 48 in flight"};
}

Figure InternVitOfIdeal() {
  Scenario scenario = InternVit();
  scenario.loads.push_back(Closed(32, {}));
  return {"sched.internvit910b4.of_ideal", AnswersPerSecond(Run(scenario)) / (8 / 0.2449), 0.97,
          true, "images a second over gear 8 always full, 32 in flight"};
}

Figure Linear64() {
  const auto rate = [](int devices) {
    StageTime time;
    time.fixed = absl::ZeroDuration();
    time.per_row = absl::Milliseconds(20);
    scheduling::StageSpec stage;
    stage.gears = {1, 4, 8};
    Scenario scenario = OneStage(std::move(stage), std::move(time), devices);
    scenario.loads.push_back(Closed(24 * devices, {}));
    return AnswersPerSecond(Run(scenario));
  };
  return {"sched.devices64.linear", rate(64) / (64 * rate(1)), 0.95, true,
          "throughput of 64 devices over 64 times one, 24 in flight a device"};
}

Figure Goodput() {
  Scenario scenario = InternVit();
  scenario.loads.push_back(Closed(32, {}));
  const double saturated = AnswersPerSecond(Run(scenario));
  scenario.loads.assign(1, Open(2 * saturated, {}));
  scenario.loads[0].budget = 3 * absl::Milliseconds(244.9);
  return {"sched.goodput_at_2x", AnswersPerSecond(Run(scenario)) / saturated, 0.95, true,
          "answers in time at twice the saturated rate, deadline 3 of the largest gear"};
}

Figure Fairness(absl::Duration budget, const char* name) {
  Scenario scenario = Crops();
  const double most = 32 / 0.012;
  scenario.loads.push_back(Open(0.3 * most, {ItemModel::Kind::kFixed, 1, 1}));
  scenario.loads[0].budget = budget;
  const absl::Duration alone = Percentile(Run(scenario).loads[0].latencies, 0.99);
  scenario.loads.push_back(Open(0.3 * most / 1000, {ItemModel::Kind::kFixed, 1000, 1}));
  scenario.loads[1].budget = budget;
  const absl::Duration beside = Percentile(Run(scenario).loads[0].latencies, 0.99);
  return {name, absl::FDivDuration(beside - alone, absl::Milliseconds(12)), 2, false,
          absl::StrCat("p99 of one-crop images at 30 % load, ", absl::FormatDuration(alone),
                       " alone and ", absl::FormatDuration(beside),
                       " beside 1,000-crop images at 30 % load")};
}

// The same with a stage before the crops that every image passes.
Figure FairnessOverStages() {
  Scenario scenario = Crops();
  StageTime time;
  time.fixed = absl::Microseconds(100);
  time.per_row = absl::Microseconds(250);
  scheduling::StageSpec stage;
  stage.name = "image";
  stage.gears = {1, 4, 8};
  stage.max_queue_items = 1 << 20;
  PipelineModel& pipeline = scenario.pipelines[0];
  pipeline.spec.stages.insert(pipeline.spec.stages.begin(), std::move(stage));
  pipeline.times.insert(pipeline.times.begin(), std::move(time));
  const ItemModel one;
  const double most = 32 / 0.012;
  scenario.loads.push_back(Open(0.3 * most, one));
  scenario.loads[0].items.push_back(one);
  const absl::Duration alone = Percentile(Run(scenario).loads[0].latencies, 0.99);
  scenario.loads.push_back(Open(0.3 * most / 1000, one));
  scenario.loads[1].items.push_back({ItemModel::Kind::kFixed, 1000, 1});
  const absl::Duration beside = Percentile(Run(scenario).loads[0].latencies, 0.99);
  return {"sched.fairness over stages", absl::FDivDuration(beside - alone, absl::Milliseconds(12)),
          2, false,
          absl::StrCat("with an image stage before: ", absl::FormatDuration(alone), " alone and ",
                       absl::FormatDuration(beside), " beside 1,000-crop images")};
}

// Images, then crops, in one saturated device: the part of the best that it could do.
Figure PipelineOfIdeal() {
  Scenario scenario = Crops();
  StageTime time;
  time.fixed = absl::ZeroDuration();
  time.per_row = absl::Milliseconds(5);
  scheduling::StageSpec stage;
  stage.name = "image";
  stage.gears = {1, 2, 4};
  PipelineModel& pipeline = scenario.pipelines[0];
  pipeline.spec.stages.insert(pipeline.spec.stages.begin(), std::move(stage));
  pipeline.times.insert(pipeline.times.begin(), std::move(time));
  scenario.loads.push_back(Closed(32, {}));
  scenario.loads[0].items.push_back({ItemModel::Kind::kSkewed, 60, 3});
  const WorldResult result = Run(scenario);
  const double ideal = static_cast<double>(result.counters[0].items) * 0.005 +
                       static_cast<double>(result.counters[1].items) * 0.012 / 32;
  return {"sched.pipeline.of_ideal", ideal / absl::ToDoubleSeconds(result.lasted), 0.95, true,
          "images of 5 ms, then crops: device time of full batches over the time, 32 in flight"};
}

}  // namespace

std::vector<Figure> MeasureFigures() {
  return {CropsOfIdeal(),
          InternVitOfIdeal(),
          PipelineOfIdeal(),
          Linear64(),
          Goodput(),
          Fairness(absl::InfiniteDuration(), "sched.fairness"),
          Fairness(absl::Seconds(2), "sched.fairness with deadlines"),
          FairnessOverStages()};
}

int PrintFigures() {
  bool held = true;
  for (const Figure& figure : MeasureFigures()) {
    std::printf("%s  %-32s %7.4f  (bar %s %.2f)  %s\n", figure.held() ? "held  " : "MISSED",
                figure.name.c_str(), figure.value,
                figure.higher_is_better ? ">=" : "<=", figure.bar, figure.how.c_str());
    held = held && figure.held();
  }
  return held ? 0 : 1;
}

}  // namespace omserve::simulation

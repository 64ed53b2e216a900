// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "tests/simulation/scenario.h"

namespace omserve::simulation {
namespace {

using scheduling::EndReason;
using testing::IsEmpty;

Scenario TwoStages(int devices) {
  Scenario scenario;
  for (int i = 0; i < devices; ++i) {
    scenario.devices.push_back({"npu", 1});
    scenario.slowness.push_back(1);
  }
  PipelineModel model;
  model.spec.name = "p";
  for (const char* name : {"a", "b"}) {
    scheduling::StageSpec stage;
    stage.name = name;
    stage.gears = {1, 4, 8};
    stage.skippable = true;
    model.spec.stages.push_back(stage);
    model.times.emplace_back();
  }
  scenario.pipelines.push_back(model);
  scenario.options.hang_least = absl::Milliseconds(200);
  return scenario;
}

LoadModel Load(int64_t requests) {
  LoadModel load;
  load.kind = LoadModel::Kind::kClosed;
  load.clients = 32;
  load.requests = requests;
  load.items = {{ItemModel::Kind::kFixed, 1, 1}, {ItemModel::Kind::kSkewed, 20, 2}};
  return load;
}

int64_t Count(const WorldResult& result, EndReason reason) {
  return result.reasons[static_cast<size_t>(reason)];
}

TEST(WorldTest, ASeedGoesTheSameWayEveryTime) {
  for (const uint64_t seed : {1u, 2u, 3u}) {
    const Scenario scenario = DrawScenario(seed);
    const WorldResult first = World(scenario, nullptr).Run();
    EXPECT_EQ(first.hash, World(scenario, nullptr).Run().hash);
    EXPECT_NE(first.hash, World(DrawScenario(seed + 1), nullptr).Run().hash);
    EXPECT_GT(first.events, 10);
  }
}

TEST(WorldTest, EveryRequestIsAnsweredWhenNothingGoesWrong) {
  Scenario scenario = TwoStages(2);
  scenario.loads.push_back(Load(500));
  scenario.loads[0].chained = 0.5;
  const WorldResult result = World(scenario, nullptr).Run();
  EXPECT_THAT(result.broken, IsEmpty());
  EXPECT_EQ(result.loads[0].latencies.size(), 500u);
  EXPECT_EQ(result.loads[0].failed, 0);
}

TEST(WorldTest, ADeadDeviceCostsNoAnswer) {
  for (int kill = 0; kill < 100; ++kill) {
    Scenario scenario = TwoStages(4);
    scenario.seed = static_cast<uint64_t>(kill);
    scenario.loads.push_back(Load(200));
    scenario.loads[0].chained = kill % 3 == 0 ? 1 : 0;
    scenario.loads[0].keeps = kill % 2;
    scenario.faults.deaths.push_back(
        {kill % 4, absl::Milliseconds(5) + absl::Microseconds(137) * kill, kill % 5 == 0});
    const WorldResult result = World(scenario, nullptr).Run();
    EXPECT_THAT(result.broken, IsEmpty());
    EXPECT_EQ(result.loads[0].latencies.size(), 200u) << "kill " << kill;
  }
}

TEST(WorldTest, ADeviceThatComesBackIsUsedAndCostsNoAnswer) {
  int64_t revived = 0;
  for (int kill = 0; kill < 100; ++kill) {
    Scenario scenario = TwoStages(2);
    scenario.seed = static_cast<uint64_t>(kill);
    scenario.loads.push_back(Load(200));
    scenario.loads[0].chained = kill % 3 == 0 ? 1 : 0;
    scenario.loads[0].keeps = kill % 2;
    // One after the other: without the first one's return nobody would be left.
    scenario.faults.deaths = {{0, absl::Milliseconds(5) + absl::Microseconds(137) * kill, false},
                              {1, absl::Milliseconds(400), false}};
    scenario.faults.revive = 1;
    scenario.faults.reset = absl::Milliseconds(2);
    const WorldResult result = World(scenario, nullptr).Run();
    EXPECT_THAT(result.broken, IsEmpty()) << "kill " << kill;
    EXPECT_EQ(result.loads[0].latencies.size(), 200u) << "kill " << kill;
    revived += result.revived;
  }
  EXPECT_EQ(revived, 200);
}

TEST(WorldTest, PoisonFellsTwoDevicesAndIsAnsweredOnce) {
  Scenario scenario = TwoStages(4);
  scenario.loads.push_back(Load(1));
  scenario.loads[0].poison = 1;
  scenario.loads[0].clients = 1;
  scenario.loads.push_back(Load(100));
  scenario.loads[1].clients = 4;
  const WorldResult result = World(scenario, nullptr).Run();
  EXPECT_THAT(result.broken, IsEmpty());
  EXPECT_GE(Count(result, EndReason::kPoison), 1);
  EXPECT_EQ(result.loads[0].failed, 1);
  EXPECT_EQ(result.loads[1].latencies.size(), 100u) << "those beside it do not suffer";
}

TEST(WorldTest, GuiltyInputsAreAnsweredWithTheErrorAlone) {
  Scenario scenario = TwoStages(1);
  scenario.loads.push_back(Load(100));
  scenario.loads.push_back(Load(20));
  scenario.loads[1].guilty = 1;
  const WorldResult result = World(scenario, nullptr).Run();
  EXPECT_THAT(result.broken, IsEmpty());
  EXPECT_EQ(result.loads[0].failed, 0);
  EXPECT_EQ(result.loads[1].failed, 20);
}

TEST(WorldTest, TheWorldsDoWhatTheyAreMadeFor) {
  std::array<int64_t, scheduling::kEndReasons> reasons{};
  int64_t revived = 0;
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    const WorldResult result = World(DrawScenario(seed), nullptr).Run();
    EXPECT_THAT(result.broken, IsEmpty()) << "seed " << seed;
    for (size_t i = 0; i < reasons.size(); ++i) reasons[i] += result.reasons[i];
    revived += result.revived;
  }
  EXPECT_GT(revived, 0);
  for (size_t i = 0; i < reasons.size(); ++i) {
    if (static_cast<EndReason>(i) == EndReason::kClosed) continue;  // no world unloads a model
    EXPECT_GT(reasons[i], 0) << EndReasonName(static_cast<EndReason>(i));
  }
}

}  // namespace
}  // namespace omserve::simulation

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/capacity_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

namespace omserve::simulation {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

CapacityModel Model(const std::string& profile) {
  CapacityModel model;
  model.pipeline = *ReadProfile(profile, {});
  model.items.resize(model.pipeline.times.size());
  model.noise = 0;
  model.lasting = absl::Seconds(20);
  return model;
}

TEST(CapacityPlanTest, ReadsStagesInTheirOrderAndGearsInTheirs) {
  const auto model = ReadProfile(
      R"({"execute_overhead_us": 500, "models": {"b": {"8": 4, "16": 6, "1": 2}, "a": {"1": 1}}})",
      {});
  ASSERT_TRUE(model.ok()) << model.status();
  ASSERT_EQ(model->spec.stages.size(), 2u);
  EXPECT_EQ(model->spec.stages[0].name, "b");
  EXPECT_THAT(model->spec.stages[0].gears, ElementsAre(1, 8, 16));
  EXPECT_THAT(model->times[0].table, ElementsAre(absl::Milliseconds(2.5), absl::Milliseconds(4.5),
                                                 absl::Milliseconds(6.5)));
  const auto other = ReadProfile(R"({"models": {"b": {"1": 2}, "a": {"1": 1}}})", {"a"});
  EXPECT_EQ(other->spec.stages.at(0).name, "a");
}

TEST(CapacityPlanTest, SaysWhatIsWrongWithAProfile) {
  const auto problem = [](const char* json, const std::vector<std::string>& stages = {}) {
    return std::string(ReadProfile(json, stages).status().message());
  };
  EXPECT_THAT(problem("nonsense"), HasSubstr("no JSON object"));
  EXPECT_THAT(problem(R"({"models": []})"), HasSubstr("'models'"));
  EXPECT_THAT(problem(R"({"models": {}})"), HasSubstr("there is none"));
  EXPECT_THAT(problem(R"({"models": {"a": {}}})"), HasSubstr("models.a: has no gear"));
  EXPECT_THAT(problem(R"({"models": {"a": {"416x416": 2}}})"), HasSubstr("models.a.416x416"));
  EXPECT_THAT(problem(R"({"models": {"a": {"1": -2}}})"), HasSubstr("models.a.1"));
  EXPECT_THAT(problem(R"({"models": {"a": {"1": "x"}}})"), HasSubstr("models.a.1"));
  EXPECT_THAT(problem(R"({"models": {"a": {"1": 2}}})", {"b"}), HasSubstr("no 'b'"));
}

TEST(CapacityPlanTest, ReadsHowManyItemsThereAre) {
  EXPECT_EQ(ReadItems("7")->most, 7);
  EXPECT_THAT(ReadItems("0,3,60")->listed, ElementsAre(0, 3, 60));
  const auto mean = ReadItems("2.25");
  ASSERT_TRUE(mean.ok());
  const auto& listed = mean->listed;
  EXPECT_EQ(std::accumulate(listed.begin(), listed.end(), int64_t{0}), 225);
  EXPECT_EQ(listed.size(), 100u);
  for (const char* text : {"", "x", "-1", "1e9", "1,", "1,2.5", "nan"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ReadItems(text).status())) << text;
  }
}

TEST(CapacityPlanTest, SaturatesAtTheRateOfTheFullGear) {
  const CapacityModel model = Model(R"({"models": {"a": {"1": 10, "8": 40}}})");
  const CapacityPoint one = Saturate(model, 1, 32);
  EXPECT_NEAR(one.answered, 200, 2);
  EXPECT_GT(one.busy, 0.98);
  EXPECT_NEAR(Saturate(model, 3, 96).answered, 600, 12);
  // One at a time cannot fill a batch.
  EXPECT_NEAR(Saturate(model, 1, 1).answered, 100, 3);
}

TEST(CapacityPlanTest, ItemsOfAStageCount) {
  CapacityModel model = Model(R"({"models": {"a": {"1": 1}, "b": {"1": 2}}})");
  model.items[1] = *ReadItems("0,2,4");
  EXPECT_NEAR(Saturate(model, 1, 16).answered, 1000.0 / (1 + 2 * 2), 8);
}

TEST(CapacityPlanTest, FindsTheFewestDevicesThatAreEnough) {
  const CapacityModel model = Model(R"({"models": {"a": {"1": 10}}})");
  CapacityGoal goal;
  goal.rate = 250;
  goal.limit = absl::Milliseconds(60);
  const CapacityAnswer answer = PlanCapacity(model, goal);
  EXPECT_NEAR(answer.one_device, 100, 2);
  ASSERT_GE(answer.devices, 3);
  EXPECT_LE(answer.devices, 4);
  for (const CapacityPoint& point : answer.points) {
    EXPECT_EQ(point.within >= goal.part, point.devices >= answer.devices) << point.devices;
  }
  EXPECT_EQ(answer.points.back().devices, answer.devices + 1) << "one to spare";
  EXPECT_LE(answer.points.back().p99, goal.limit);
  EXPECT_GE(answer.points.back().p99, absl::Milliseconds(10));
}

TEST(CapacityPlanTest, SaysWhenNoNumberIsEnough) {
  const CapacityModel model = Model(R"({"models": {"a": {"1": 10}}})");
  CapacityGoal goal;
  goal.rate = 250;
  goal.limit = absl::Milliseconds(9);  // less than one execution
  goal.most_devices = 6;
  EXPECT_EQ(PlanCapacity(model, goal).devices, 0);
  goal.limit = absl::Seconds(1);
  goal.most_devices = 2;  // overloaded: what waits grows
  const CapacityAnswer overloaded = PlanCapacity(model, goal);
  EXPECT_EQ(overloaded.devices, 0);
  EXPECT_LT(overloaded.points.back().within, 0.5);
}

}  // namespace
}  // namespace omserve::simulation

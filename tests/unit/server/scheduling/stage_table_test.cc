// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/scheduling/stage_table.h"

#include <gtest/gtest.h>

namespace omserve::scheduling {
namespace {

StageSpec Stage(std::vector<int> gears) {
  StageSpec stage;
  stage.name = "s";
  stage.gears = std::move(gears);
  return stage;
}

TEST(StageTableTest, NumbersGoOnOverPipelines) {
  StageTable table({{"npu", 1}, {"npu", 1}});
  StageSpec placed = Stage({1, 4});
  placed.devices = {1};
  ASSERT_EQ(*table.Add({"a", 1, {Stage({1}), placed}}), 0);
  ASSERT_EQ(*table.Add({"b", 2, {Stage({8})}}), 1);
  EXPECT_EQ(table.stages(), 3);
  EXPECT_EQ(table.stage(1).position, 1);
  EXPECT_EQ(table.stage(0).left, 1);
  EXPECT_EQ(table.stage(2).pipeline, 1);
  EXPECT_EQ(table.stage(1).max_gear(), 4);
  EXPECT_EQ(table.stage(1).allowed, (std::vector<bool>{false, true}));
  EXPECT_EQ(table.stage(2).allowed, (std::vector<bool>{true, true}));
  EXPECT_EQ(table.pipeline(1).first, 2);
}

TEST(StageTableTest, RefusesWhatCannotRun) {
  StageTable table({{"npu", 1}});
  StageSpec nowhere = Stage({1});
  nowhere.devices = {1};
  StageSpec no_queue = Stage({1});
  no_queue.max_queue_items = 0;
  StageSpec no_instance = Stage({1});
  no_instance.instances = 0;
  for (const StageSpec& bad :
       {Stage({}), Stage({0}), Stage({4, 1}), Stage({4, 4}), nowhere, no_queue, no_instance}) {
    EXPECT_EQ(table.Add({"p", 1, {bad}}).status().code(), absl::StatusCode::kInvalidArgument);
  }
  EXPECT_FALSE(table.Add({"p", 0, {Stage({1})}}).ok());
  EXPECT_FALSE(table.Add({"p", 1, {}}).ok());
  EXPECT_EQ(table.stages(), 0);
  EXPECT_EQ(table.pipelines(), 0);
}

TEST(StageTableTest, NumbersOfARemovedPipelineAreGivenAgain) {
  StageTable table({{"npu", 1}, {"npu", 1}});
  const PipelineId a = *table.Add({"a", 1, {Stage({1}), Stage({1})}});
  ASSERT_TRUE(table.Add({"b", 1, {Stage({8})}}).ok());
  table.Remove(a);
  EXPECT_EQ(table.stages(), 3);
  EXPECT_EQ(table.stage(0).pipeline, -1);
  EXPECT_EQ(table.stage(0).allowed, (std::vector<bool>{false, false})) << "no device may run it";
  const PipelineId c = *table.Add({"c", 1, {Stage({2}), Stage({4})}});
  EXPECT_EQ(c, a);
  EXPECT_EQ(table.pipeline(c).first, 0);
  EXPECT_EQ(table.stage(1).max_gear(), 4);
  EXPECT_EQ(table.stage(2).max_gear(), 8) << "the other one stays";
}

TEST(StageTableTest, ManyReloadsTakeNoMoreNumbers) {
  StageTable table({{"npu", 1}});
  ASSERT_TRUE(table.Add({"other", 1, {Stage({1})}}).ok());
  PipelineId old = *table.Add({"p", 1, {Stage({1}), Stage({1})}});
  for (int i = 0; i < 50; ++i) {
    // More stages by turns, so that free numbers of the end must do with new ones beside them.
    const std::vector<StageSpec> stages(2 + i % 2, Stage({1}));
    const PipelineId next = *table.Add({"p", 1, stages});
    table.Remove(old);
    old = next;
  }
  EXPECT_LE(table.pipelines(), 3);
  EXPECT_LE(table.stages(), 1 + 3 + 3 + 2);
}

TEST(StageTableTest, TellsWhatIsAboveTheLimitOfARequest) {
  StageTable table({{"npu", 1}});
  StageSpec limited = Stage({1});
  limited.max_items_per_request = 300;
  ASSERT_TRUE(table.Add({"p", 1, {limited, Stage({1})}}).ok());
  EXPECT_EQ(table.ItemsCut(0, 300), 0);
  EXPECT_EQ(table.ItemsCut(0, 1000), 700);
  EXPECT_EQ(table.ItemsCut(1, 1000), 0);
}

}  // namespace
}  // namespace omserve::scheduling

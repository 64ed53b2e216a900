// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/scheduling/gear_costs.h"

#include <gtest/gtest.h>

namespace omserve::scheduling {
namespace {

using absl::Milliseconds;
using absl::ZeroDuration;

class GearCostsTest : public testing::Test {
 protected:
  GearCostsTest() : table_({{"fast", 1}, {"slow", 1}, {"fast", 1}}) {
    StageSpec stage;
    stage.name = "s";
    stage.gears = {1, 4, 8};
    EXPECT_TRUE(table_.Add({"p", 1, {stage}}).ok());
  }
  StageTable table_;
};

TEST_F(GearCostsTest, GuessesInProportionUntilMeasured) {
  GearCosts costs(table_);
  EXPECT_FALSE(costs.measured(0, 0, 4));
  EXPECT_EQ(costs.Execute(0, 0, 8), 8 * costs.Execute(0, 0, 1));
  EXPECT_EQ(costs.Least(0, 0), ZeroDuration());
  costs.Record(0, 0, 4, Milliseconds(20), Milliseconds(1));
  EXPECT_TRUE(costs.measured(0, 0, 4));
  EXPECT_EQ(costs.Execute(0, 0, 4), Milliseconds(20));
  EXPECT_EQ(costs.Execute(0, 0, 8), Milliseconds(40));
  EXPECT_EQ(costs.Execute(0, 0, 1), Milliseconds(5));
  EXPECT_EQ(costs.CopyIn(0, 0, 4), Milliseconds(1));
  EXPECT_EQ(costs.Least(0, 0), ZeroDuration()) << "an unmeasured gear may be quicker";
}

TEST_F(GearCostsTest, AGearInUseIsNotTakenForSlowerThanALargerOneThatIsNot) {
  GearCosts costs(table_);
  const auto time = [&](int gear, double milliseconds, int times) {
    for (int i = 0; i < times; ++i) {
      costs.Record(0, 0, gear, Milliseconds(milliseconds), ZeroDuration());
    }
  };
  time(1, 0.06, 3);
  time(4, 0.07, 3);
  time(8, 0.26, 3);
  time(1, 0.16, 50);
  EXPECT_EQ(costs.Plan(0, 0).First(1), 0u);
  EXPECT_EQ(costs.Plan(0, 0).Padding(1), 0);
  EXPECT_EQ(costs.Plan(0, 0).First(3), 1u);
  costs.Reset(0);
  time(1, 0.16, 3);  // it is slower: it was so when all were measured
  time(4, 0.07, 3);
  time(8, 0.26, 3);
  EXPECT_EQ(costs.Plan(0, 0).First(1), 1u);
}

TEST_F(GearCostsTest, ANumberThatIsGivenAgainKnowsNothing) {
  GearCosts costs(table_);
  costs.Record(0, 0, 4, Milliseconds(20), ZeroDuration());
  table_.Remove(0);
  EXPECT_TRUE(costs.Snapshot().empty());
  StageSpec stage;
  stage.name = "t";
  stage.gears = {2, 4};
  ASSERT_TRUE(table_.Add({"q", 1, {stage}}).ok());
  costs.Grow();
  costs.Reset(0);
  EXPECT_FALSE(costs.measured(0, 0, 4));
  EXPECT_EQ(costs.Execute(0, 0, 4), 2 * costs.Execute(0, 0, 2));
}

TEST_F(GearCostsTest, RowsOfOneStageAreItsAlone) {
  StageSpec stage;
  stage.name = "s";
  stage.gears = {1, 4};
  ASSERT_TRUE(table_.Add({"p", 1, {stage}}).ok());  // another version of "p"
  GearCosts costs(table_);
  const std::vector<GearCosts::Row> rows = {
      {"fast", "p/s", 4, Milliseconds(3), ZeroDuration(), Milliseconds(2), 5}};
  EXPECT_EQ(costs.Restore(1, rows), 1);
  EXPECT_TRUE(costs.measured(0, 1, 4));
  EXPECT_FALSE(costs.measured(0, 0, 4));
  EXPECT_EQ(costs.Restore(rows), 1) << "by name: the one that knows nothing yet";
  EXPECT_TRUE(costs.measured(0, 0, 4));
}

TEST_F(GearCostsTest, DevicesOfOneTypeShareTheirCosts) {
  GearCosts costs(table_);
  costs.Record(0, 0, 1, Milliseconds(7), ZeroDuration());
  EXPECT_TRUE(costs.measured(2, 0, 1));
  EXPECT_FALSE(costs.measured(1, 0, 1));
}

TEST_F(GearCostsTest, FollowsButIsNotSpoiltByOneSlowBatch) {
  GearCosts costs(table_);
  costs.Record(0, 0, 1, Milliseconds(10), ZeroDuration());
  costs.Record(0, 0, 1, absl::Seconds(100), ZeroDuration());
  EXPECT_LE(costs.Execute(0, 0, 1), Milliseconds(15));
  for (int i = 0; i < 50; ++i) costs.Record(0, 0, 1, Milliseconds(30), ZeroDuration());
  EXPECT_GT(costs.Execute(0, 0, 1), Milliseconds(29));
  costs.Record(0, 0, 1, ZeroDuration(), ZeroDuration());  // not measured
  EXPECT_GT(costs.Execute(0, 0, 1), Milliseconds(29));
}

TEST_F(GearCostsTest, ThePlanFollowsTheCosts) {
  GearCosts costs(table_);
  for (const int gear : {1, 4, 8}) costs.Record(0, 0, gear, Milliseconds(gear), ZeroDuration());
  EXPECT_EQ(costs.Plan(0, 0).Time(5), Milliseconds(5));
  for (int i = 0; i < 100; ++i) costs.Record(0, 0, 8, Milliseconds(2), ZeroDuration());
  EXPECT_LT(costs.Plan(0, 0).Time(5), Milliseconds(2.2));
}

TEST_F(GearCostsTest, ThePlanIsMadeAnewWhenACostHasMovedFar) {
  GearCosts costs(table_);
  EXPECT_GT(costs.Plan(0, 0).Time(8), ZeroDuration());  // guesses, which give way to measurements
  for (const int gear : {1, 4, 8}) costs.Record(0, 0, gear, Milliseconds(gear), ZeroDuration());
  EXPECT_EQ(costs.Plan(0, 0).Time(8), Milliseconds(8));
  costs.Record(0, 0, 8, Milliseconds(8.1), ZeroDuration());
  EXPECT_EQ(costs.Plan(0, 0).Time(8), Milliseconds(8));  // the average has moved by 0.3 %
  costs.Record(0, 0, 8, Milliseconds(7), ZeroDuration());
  const absl::Duration now = costs.Plan(0, 0).Time(8);
  EXPECT_EQ(now, costs.Execute(0, 0, 8));
  EXPECT_LT(now, Milliseconds(7.9));
}

TEST_F(GearCostsTest, DoubtLowersTheLeastOnly) {
  GearCosts costs(table_);
  for (const int gear : {1, 4, 8}) {
    costs.Record(0, 0, gear, Milliseconds(10 * gear), ZeroDuration());
  }
  EXPECT_EQ(costs.Least(0, 0), Milliseconds(10));
  for (int i = 0; i < 100; ++i) costs.Doubt(0, 0);
  EXPECT_LT(costs.Least(0, 0), Milliseconds(2));
  EXPECT_EQ(costs.Execute(0, 0, 1), Milliseconds(10));
}

TEST_F(GearCostsTest, ASnapshotBringsBackWhatWasMeasured) {
  GearCosts before(table_);
  before.Record(0, 0, 1, Milliseconds(10), Milliseconds(1));
  before.Record(1, 0, 8, Milliseconds(90), Milliseconds(2));
  const std::vector<GearCosts::Row> rows = before.Snapshot();
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].device_type, "fast");
  EXPECT_EQ(rows[0].stage, "p/s");

  GearCosts after(table_);
  after.Record(1, 0, 8, Milliseconds(50), ZeroDuration());  // newer than the snapshot
  EXPECT_EQ(after.Restore(rows), 1);
  EXPECT_EQ(after.Execute(2, 0, 1), Milliseconds(10));
  EXPECT_EQ(after.CopyIn(0, 0, 1), Milliseconds(1));
  EXPECT_EQ(after.Execute(1, 0, 8), Milliseconds(50));
}

TEST_F(GearCostsTest, ASnapshotOfOtherThingsIsLeftOut) {
  GearCosts costs(table_);
  EXPECT_EQ(costs.Restore({{"other", "p/s", 1, Milliseconds(1), {}, Milliseconds(1), 1},
                           {"fast", "p/other", 1, Milliseconds(1), {}, Milliseconds(1), 1},
                           {"fast", "p/s", 2, Milliseconds(1), {}, Milliseconds(1), 1},
                           {"fast", "p/s", 1, Milliseconds(-1), {}, Milliseconds(1), 1},
                           {"fast", "p/s", 1, Milliseconds(1), {}, Milliseconds(1), 0}}),
            0);
  EXPECT_FALSE(costs.measured(0, 0, 1));
}

}  // namespace
}  // namespace omserve::scheduling

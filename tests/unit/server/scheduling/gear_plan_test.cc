// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/scheduling/gear_plan.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace omserve::scheduling {
namespace {

using absl::Milliseconds;

// The least time by trying everything.
absl::Duration Naive(const std::vector<GearPlan::Gear>& gears, int64_t items) {
  if (items <= 0) return absl::ZeroDuration();
  absl::Duration best = absl::InfiniteDuration();
  for (const GearPlan::Gear& gear : gears) {
    best = std::min(best, gear.cost + Naive(gears, items - gear.rows));
  }
  return best;
}

TEST(GearPlanTest, IsAsCheapAsTryingEverything) {
  const std::vector<std::vector<GearPlan::Gear>> tables = {
      {{1, Milliseconds(88.99)}, {4, Milliseconds(134.5)}, {8, Milliseconds(244.9)}},
      {{1, Milliseconds(1)}, {4, Milliseconds(3)}, {8, Milliseconds(9)}},
      {{3, Milliseconds(2)}, {7, Milliseconds(4)}},
      {{5, Milliseconds(10)}}};
  for (const auto& gears : tables) {
    const GearPlan plan(gears);
    for (int64_t items = 0; items <= 20; ++items) {
      EXPECT_EQ(plan.Time(items), Naive(gears, items)) << items;
    }
  }
}

TEST(GearPlanTest, TwoOfFourOrAPaddedEight) {
  const GearPlan cheap_large({{4, Milliseconds(10)}, {8, Milliseconds(15)}});
  EXPECT_EQ(cheap_large.First(5), 1u);
  EXPECT_EQ(cheap_large.Padding(5), 3);
  const GearPlan cheap_small({{4, Milliseconds(10)}, {8, Milliseconds(25)}});
  EXPECT_EQ(cheap_small.First(5), 0u);
  EXPECT_EQ(cheap_small.Time(5), Milliseconds(20));
  EXPECT_EQ(cheap_small.Padding(8), 0);
}

TEST(GearPlanTest, AmongEquallyCheapWaysPadsLeast) {
  const GearPlan plan({{1, Milliseconds(4)}, {8, Milliseconds(8)}});
  EXPECT_EQ(plan.First(2), 0u);  // 2 of 1, not a padded 8
  EXPECT_EQ(plan.Padding(2), 0);
}

TEST(GearPlanTest, ASmallGearThatMeasuresALittleLongerIsNotPassedOver) {
  const GearPlan noisy({{1, Milliseconds(5.01)}, {4, Milliseconds(5.05)}, {8, Milliseconds(5)}});
  EXPECT_EQ(noisy.First(1), 0u);
  EXPECT_EQ(noisy.First(3), 1u);
  EXPECT_EQ(noisy.Padding(1), 0);
  const GearPlan slow({{1, Milliseconds(6)}, {4, Milliseconds(5)}});
  EXPECT_EQ(slow.First(1), 1u);
}

TEST(GearPlanTest, WhatTakesMicrosecondsIsNotPaddedForNoise) {
  using absl::Microseconds;
  const GearPlan brief({{1, Microseconds(12)}, {8, Microseconds(8)}, {32, Microseconds(30)}});
  EXPECT_EQ(brief.First(1), 0u);
  EXPECT_EQ(brief.Padding(1), 0);
  EXPECT_EQ(brief.First(5), 1u);
  const GearPlan slow({{1, Microseconds(40)}, {8, Microseconds(25)}});
  EXPECT_EQ(slow.First(1), 1u);
}

TEST(GearPlanTest, ManyItemsGoInTheBestGear) {
  const GearPlan plan({{1, Milliseconds(1)}, {4, Milliseconds(2)}, {8, Milliseconds(6)}});
  EXPECT_EQ(plan.best(), 1u);
  EXPECT_EQ(plan.First(1000), 1u);
  EXPECT_EQ(plan.Time(1000), 250 * Milliseconds(2));
  EXPECT_EQ(plan.Time(1001), 250 * Milliseconds(2) + Milliseconds(1));
  EXPECT_EQ(plan.Padding(1001), 0);
  EXPECT_EQ(plan.per_item(), Milliseconds(0.5));
  EXPECT_EQ(plan.longest(), Milliseconds(6));
  EXPECT_EQ(plan.shortest(), Milliseconds(1));
}

}  // namespace
}  // namespace omserve::scheduling

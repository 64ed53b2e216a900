// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/steps/roi_level.h"

#include <gtest/gtest.h>

#include <cmath>

namespace omserve {
namespace {

int Of(float side) { return RoiLevel({10, 10, 10 + side, 10 + side}, 56, 4); }

TEST(RoiLevelTest, ChangesWhereTheReferenceDoes) {
  EXPECT_EQ(Of(1), 0);
  EXPECT_EQ(Of(111.5F), 0);
  EXPECT_EQ(Of(112), 1);
  EXPECT_EQ(Of(223.5F), 1);
  EXPECT_EQ(Of(224), 2);
  EXPECT_EQ(Of(448), 3);
  EXPECT_EQ(Of(100000), 3);  // the last level is never the RPN's
}

TEST(RoiLevelTest, EmptyAndNanGiveTheFinest) {
  EXPECT_EQ(Of(0), 0);
  EXPECT_EQ(RoiLevel({0, 0, std::nanf(""), 1}, 56, 4), 0);
  EXPECT_EQ(RoiLevel({0, 0, -1, 1}, 56, 4), 0);
}

}  // namespace
}  // namespace omserve

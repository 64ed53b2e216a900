// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/steps/anchors.h"

#include <gtest/gtest.h>

namespace omserve {
namespace {

TEST(AnchorsTest, AreCentredOnTheCornerAndNotRounded) {
  const float scales[] = {8};
  const float ratios[] = {0.5F, 1, 2};
  const auto anchors = BaseAnchors(4, scales, ratios);
  ASSERT_EQ(anchors.size(), 3U);
  const Box expected[] = {{-22.627417F, -11.313708F, 22.627417F, 11.313708F},
                          {-16, -16, 16, 16},
                          {-11.313708F, -22.627417F, 11.313708F, 22.627417F}};
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_FLOAT_EQ(anchors[i].x1, expected[i].x1);
    EXPECT_FLOAT_EQ(anchors[i].y1, expected[i].y1);
    EXPECT_FLOAT_EQ(anchors[i].x2, expected[i].x2);
    EXPECT_FLOAT_EQ(anchors[i].y2, expected[i].y2);
  }
}

}  // namespace
}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/steps/delta_decode.h"

#include <gtest/gtest.h>

#include <cmath>

namespace omserve {
namespace {

TEST(DeltaDecodeTest, ClampsTheSizeAndClipsToTheFrame) {
  const Box box = DecodeDelta({0, 0, 32, 32}, {0.1F, -0.2F, 0.3F, 10}, {1, 1, 1, 1}, 1024, 1024);
  EXPECT_EQ(box.x1, 0);
  EXPECT_EQ(box.y1, 0);
  EXPECT_NEAR(box.x2, 40.79774, 1e-4);
  EXPECT_NEAR(box.y2, 1009.6, 1e-3);
}

TEST(DeltaDecodeTest, ClampsBelowToo) {
  const Box box = DecodeDelta({100, 100, 200, 200}, {0, 0, -50, 0}, {1, 1, 1, 1}, 1024, 1024);
  EXPECT_NEAR(box.x2 - box.x1, 100 * 0.016, 1e-4);
}

TEST(DeltaDecodeTest, ScalesByTheStds) {
  const Box box = DecodeDelta({0, 0, 100, 100}, {1, 1, 1, 1}, {0.1F, 0.1F, 0.2F, 0.2F}, 1024, 1024);
  EXPECT_NEAR((box.x1 + box.x2) / 2, 60.535, 1.0);  // 60 before the clip at 0
  EXPECT_NEAR(box.x2, 60 + 50 * std::exp(0.2), 1e-3);
}

}  // namespace
}  // namespace omserve

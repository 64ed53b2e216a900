// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/steps/quad_map.h"

#include <gtest/gtest.h>

#include <cmath>

namespace omserve {
namespace {

void ExpectAt(PointF point, float x, float y) {
  EXPECT_NEAR(point.x, x, 1e-3);
  EXPECT_NEAR(point.y, y, 1e-3);
}

TEST(QuadMapTest, CornersGoToCorners) {
  const Quad quad = {PointF{5, 8}, {45, 14}, {43, 30}, {3, 20}};
  const QuadMap map(quad);
  ExpectAt(map.At(0, 0), 5, 8);
  ExpectAt(map.At(1, 0), 45, 14);
  ExpectAt(map.At(1, 1), 43, 30);
  ExpectAt(map.At(0, 1), 3, 20);
}

// The diagonals of a quad cross where the middle of the square goes.
TEST(QuadMapTest, TheMiddleIsWhereTheDiagonalsCross) {
  const QuadMap map({PointF{0, 0}, {40, 0}, {30, 20}, {10, 20}});
  ExpectAt(map.At(0.5F, 0.5F), 20, 40.0F / 3);
}

TEST(QuadMapTest, QuadsWithoutAreaStayFinite) {
  for (const Quad& quad : {Quad{}, Quad{PointF{1, 1}, {9, 1}, {9, 1}, {1, 1}}}) {
    const PointF middle = QuadMap(quad).At(0.5F, 0.5F);
    EXPECT_TRUE(std::isfinite(middle.x) && std::isfinite(middle.y));
  }
}

TEST(QuadMapTest, TurningMovesTheFirstCorner) {
  const Quad quad = {PointF{0, 0}, {10, 0}, {10, 50}, {0, 50}};
  EXPECT_EQ(TurnCorners(quad, 0), quad);
  // A column of text that was turned counter-clockwise runs down from the top right corner.
  EXPECT_EQ(TurnCorners(quad, 90)[0], (PointF{10, 0}));
  EXPECT_EQ(TurnCorners(quad, 90)[1], (PointF{10, 50}));
  EXPECT_EQ(TurnCorners(quad, 180)[0], (PointF{10, 50}));
  EXPECT_EQ(TurnCorners(quad, 270)[0], (PointF{0, 50}));
}

}  // namespace
}  // namespace omserve

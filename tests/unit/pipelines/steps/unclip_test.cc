// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/steps/unclip.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace omserve {
namespace {

struct Bounds {
  int left, top, right, bottom;
  bool operator==(const Bounds&) const = default;
};

Bounds BoundsOf(const std::vector<PointI>& points) {
  Bounds b{points[0].x, points[0].y, points[0].x, points[0].y};
  for (const PointI p : points) {
    b = {std::min(b.left, p.x), std::min(b.top, p.y), std::max(b.right, p.x),
         std::max(b.bottom, p.y)};
  }
  return b;
}

// 1.6 * 3000 / 260 = 18.46 pixels on every side.
TEST(UnclipTest, GrowsByAreaOverPerimeter) {
  const auto grown = Unclip(std::vector<PointF>{{10, 10}, {110, 10}, {110, 40}, {10, 40}}, 1.6);
  EXPECT_EQ(BoundsOf(grown), (Bounds{-8, -8, 128, 58}));
  EXPECT_EQ(grown.size(), 20U);  // pyclipper 1.4's outline has as many corners
}

// pyclipper 1.4 on the same quad: the corners are cut to whole pixels, the distance is not.
TEST(UnclipTest, AgreesWithPyclipperOnATurnedQuad) {
  const auto grown = Unclip(
      std::vector<PointF>{{10.7F, 20.2F}, {60.3F, 35.9F}, {55.1F, 52.4F}, {5.5F, 36.7F}}, 1.6);
  EXPECT_EQ(grown.size(), 16U);
  EXPECT_EQ(BoundsOf(grown), (Bounds{-5, 10, 70, 62}));
  EXPECT_EQ(grown[0], (PointI{63, 25}));
  EXPECT_EQ(grown[1], (PointI{67, 27}));
}

TEST(UnclipTest, NothingHasNoOutline) {
  EXPECT_TRUE(Unclip({}, 1.6).empty());
  EXPECT_TRUE(Unclip(std::vector<PointF>{{5, 5}, {5, 5}, {5, 5}, {5, 5}}, 1.6).empty());
  // No area: four corners on one line.
  EXPECT_TRUE(Unclip(std::vector<PointF>{{10, 10}, {10, 10}, {40, 10}, {40, 10}}, 1.6).empty());
  const float nan = std::nanf("");
  EXPECT_TRUE(Unclip(std::vector<PointF>{{nan, 0}, {9, 0}, {9, 9}, {0, 9}}, 1.6).empty());
}

}  // namespace
}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/steps/quad_order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace omserve {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Quad BoxAt(float x, float y) { return {PointF{x, y}, {x + 20, y}, {x + 20, y + 8}, {x, y + 8}}; }

TEST(QuadOrderTest, CornersComeClockwiseFromTheTopLeft) {
  const Quad mixed = {PointF{50, 40}, {0, 30}, {52, 5}, {2, 0}};
  EXPECT_EQ(OrderClockwise(mixed), (Quad{PointF{2, 0}, {52, 5}, {50, 40}, {0, 30}}));
}

// Left and right pairs come before up and down: of the two corners in the middle the first one
// counts as left.
TEST(QuadOrderTest, ADiamondBeginsWithTheUpperOfTheTwoLeftmost) {
  const Quad diamond = {PointF{10, 0}, {20, 10}, {10, 20}, {0, 10}};
  EXPECT_EQ(OrderClockwise(diamond), diamond);
  const Quad flipped = {PointF{10, 20}, {20, 10}, {10, 0}, {0, 10}};
  EXPECT_EQ(OrderClockwise(flipped), (Quad{PointF{0, 10}, {10, 0}, {20, 10}, {10, 20}}));
}

TEST(QuadOrderTest, CornersAreCutToThePicture) {
  const Quad quad = {PointF{-3, -1}, {99.9F, 4.5F}, {120, 60}, {0, 49}};
  EXPECT_EQ(ClipToPicture(quad, 100, 50), (Quad{PointF{0, 0}, {99, 4}, {99, 49}, {0, 49}}));
}

TEST(QuadOrderTest, ThreePixelsAreTooSmall) {
  EXPECT_FALSE(TooSmall({PointF{0, 0}, {4, 0}, {4, 4}, {0, 4}}));
  EXPECT_TRUE(TooSmall({PointF{0, 0}, {3.9F, 0}, {3.9F, 40}, {0, 40}}));
  EXPECT_TRUE(TooSmall({PointF{0, 0}, {40, 0}, {40, 3}, {0, 3}}));
  EXPECT_TRUE(TooSmall({PointF{0, 0}, {0, 0}, {0, 0}, {0, 0}}));
  EXPECT_TRUE(TooSmall({PointF{std::nanf(""), 0}, {9, 0}, {9, 9}, {0, 9}}));
}

TEST(QuadOrderTest, ReadsLinesFromLeftToRight) {
  // Two lines that are not quite level; the right part of the first one hangs lower.
  const std::vector<Quad> quads = {BoxAt(100, 9), BoxAt(60, 30), BoxAt(0, 12), BoxAt(0, 41)};
  EXPECT_THAT(ReadingOrder(quads), ElementsAre(2, 0, 1, 3));
}

TEST(QuadOrderTest, TenPixelsMakeANewLine) {
  const std::vector<Quad> quads = {BoxAt(100, 0), BoxAt(0, 10)};
  EXPECT_THAT(ReadingOrder(quads), ElementsAre(0, 1));
  const std::vector<Quad> closer = {BoxAt(100, 0), BoxAt(0, 9)};
  EXPECT_THAT(ReadingOrder(closer), ElementsAre(1, 0));
  EXPECT_THAT(ReadingOrder({}), IsEmpty());
}

}  // namespace
}  // namespace omserve

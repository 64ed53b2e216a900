// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/image/least_quad.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "pipelines/image/text_contours.h"

namespace omserve {
namespace {

// 8 x 6, text in columns 2..4 of rows 1..2.
class SmallMap : public testing::Test {
 protected:
  SmallMap() : values_(kPitch * 6, 0.1F) {
    for (size_t y = 1; y <= 2; ++y) {
      for (size_t x = 2; x <= 4; ++x) values_[y * kPitch + x] = 0.8F;
    }
    for (size_t y = 0; y < 6; ++y) values_[y * kPitch + 9] = 1;  // beyond the width: not seen
  }
  static constexpr size_t kPitch = 10;
  std::vector<float> values_;
  const ProbabilityMap map_{values_.data(), 8, 6, kPitch};
};

using TextContoursTest = SmallMap;
using LeastQuadTest = SmallMap;

TEST_F(TextContoursTest, FindsTheCornersOfABlock) {
  TextContourOptions options;
  options.dilation = false;
  const auto contours = TextContours(map_, options);
  ASSERT_TRUE(contours.ok()) << contours.status();
  ASSERT_EQ(contours->size(), 1U);
  EXPECT_THAT((*contours)[0], testing::UnorderedElementsAre(PointI{2, 1}, PointI{2, 2},
                                                            PointI{4, 2}, PointI{4, 1}));
}

// cv2.dilate with np.ones((2, 2)) spreads to the right and down.
TEST_F(TextContoursTest, DilationSpreadsToTheRightAndDown) {
  const auto contours = TextContours(map_, {});
  ASSERT_EQ(contours->size(), 1U);
  EXPECT_THAT((*contours)[0], testing::UnorderedElementsAre(PointI{2, 1}, PointI{2, 3},
                                                            PointI{5, 3}, PointI{5, 1}));
}

TEST_F(TextContoursTest, TheThresholdIsStrict) {
  TextContourOptions options;
  options.threshold = 0.8F;
  EXPECT_TRUE(TextContours(map_, options)->empty());
}

TEST_F(TextContoursTest, RefusesAMapWithoutPixels) {
  EXPECT_FALSE(TextContours({}, {}).ok());
  EXPECT_FALSE(TextContours({values_.data(), 8, 6, 7}, {}).ok());
}

TEST_F(LeastQuadTest, BoxOfABlock) {
  const std::vector<PointI> points = {{2, 1}, {2, 3}, {5, 3}, {5, 1}};
  const auto least = FindLeastQuad(points);
  ASSERT_TRUE(least.ok());
  EXPECT_NEAR(least->short_side, 2, 1e-4);
  EXPECT_NEAR(least->corners[0].x, 2, 1e-4);
  EXPECT_NEAR(least->corners[0].y, 1, 1e-4);
  EXPECT_NEAR(least->corners[2].x, 5, 1e-4);
  EXPECT_NEAR(least->corners[2].y, 3, 1e-4);
}

TEST_F(LeastQuadTest, OnePointHasABoxWithoutSides) {
  const std::vector<PointI> point = {{7, 7}};
  const auto least = FindLeastQuad(point);
  ASSERT_TRUE(least.ok());
  EXPECT_EQ(least->short_side, 0);
  EXPECT_FALSE(FindLeastQuad({}).ok());
}

TEST_F(LeastQuadTest, MeanCountsTheEdgePixels) {
  // All six text pixels and nothing else.
  EXPECT_NEAR(*MeanInside(map_, {PointF{2, 1}, {4, 1}, {4, 2}, {2, 2}}), 0.8, 1e-6);
  // One more column without text.
  EXPECT_NEAR(*MeanInside(map_, {PointF{2, 1}, {5, 1}, {5, 2}, {2, 2}}), (6 * 0.8 + 2 * 0.1) / 8,
              1e-6);
}

TEST_F(LeastQuadTest, NothingIsInsideBeyondTheMap) {
  EXPECT_EQ(*MeanInside(map_, {PointF{-9, -9}, {-4, -9}, {-4, -5}, {-9, -5}}), 0);
  EXPECT_EQ(*MeanInside(map_, {PointF{90, 90}, {94, 90}, {94, 95}, {90, 95}}), 0);
}

TEST_F(LeastQuadTest, SimplifyDropsWhatIsAlmostStraight) {
  const std::vector<PointI> contour = {{0, 0}, {50, 1}, {100, 0}, {100, 40}, {0, 40}};
  EXPECT_EQ(Simplify(contour, 0.02)->size(), 4U);
  EXPECT_EQ(Simplify(contour, 0.0)->size(), 5U);
  EXPECT_TRUE(Simplify({}, 0.02)->empty());
}

}  // namespace
}  // namespace omserve

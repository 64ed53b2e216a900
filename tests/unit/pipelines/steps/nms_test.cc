// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/steps/nms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace omserve {
namespace {

using ::testing::ElementsAre;

float Iou(const Box& a, const Box& b) {
  const float w = std::max(0.0F, std::min(a.x2, b.x2) - std::max(a.x1, b.x1));
  const float h = std::max(0.0F, std::min(a.y2, b.y2) - std::max(a.y1, b.y1));
  return w * h / ((a.x2 - a.x1) * (a.y2 - a.y1) + (b.x2 - b.x1) * (b.y2 - b.y1) - w * h);
}

TEST(NmsTest, AgreesWithTheNaiveLoop) {
  std::mt19937 random(1);
  std::uniform_real_distribution<float> at(0, 100);
  for (const float threshold : {0.0F, 0.3F, 0.7F, 1.0F}) {
    std::vector<Box> boxes(301);
    for (Box& b : boxes) {
      b.x1 = at(random);
      b.y1 = at(random);
      b.x2 = b.x1 + at(random) / 3;
      b.y2 = b.y1 + at(random) / 3;
    }
    std::vector<uint32_t> expected;
    for (uint32_t i = 0; i < boxes.size(); ++i) {
      if (std::none_of(expected.begin(), expected.end(),
                       [&](uint32_t k) { return Iou(boxes[k], boxes[i]) > threshold; })) {
        expected.push_back(i);
      }
    }
    EXPECT_EQ(Nms(boxes, threshold, 1000), expected);
  }
}

TEST(NmsTest, ThresholdIsStrict) {
  const Box boxes[] = {{0, 0, 2, 1}, {0, 0, 1, 1}, {0, 0, 2, 1}};  // IoU 0.5 and 1
  EXPECT_THAT(Nms(boxes, 0.5F, 10), ElementsAre(0, 1));
  EXPECT_THAT(Nms(boxes, 1.0F, 10), ElementsAre(0, 1, 2));
}

TEST(NmsTest, StopsAtTheLimitAndTakesEmptyInput) {
  const Box boxes[] = {{0, 0, 1, 1}, {5, 5, 6, 6}, {9, 9, 10, 10}};
  EXPECT_THAT(Nms(boxes, 0.5F, 2), ElementsAre(0, 1));
  EXPECT_TRUE(Nms({}, 0.5F, 2).empty());
}

TEST(NmsTest, EmptyBoxesDoNotSuppress) {
  const Box boxes[] = {{1, 1, 1, 1}, {1, 1, 1, 1}};
  EXPECT_THAT(Nms(boxes, 0.5F, 5), ElementsAre(0, 1));
}

}  // namespace
}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/steps/rle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace omserve {
namespace {

using ::testing::ElementsAre;

TEST(RleTest, CountsColumnByColumnFromZero) {
  MaskRegion mask{.image_width = 3, .image_height = 2, .x = 0, .y = 0, .width = 3, .height = 2};
  mask.pixels = {1, 0, 0, 1, 1, 0};
  EXPECT_THAT(RunLengths(mask), ElementsAre(0, 2, 1, 1, 2));
  mask = {.image_width = 3, .image_height = 2};
  EXPECT_THAT(RunLengths(mask), ElementsAre(6));
}

TEST(RleTest, WritesTheTextOfTheCocoTools) {
  EXPECT_EQ(ToRleText({6}), "6");
  EXPECT_EQ(ToRleText({0, 2, 1, 1, 2}), "021O1");  // the fourth is 1 - 2
  EXPECT_EQ(ToRleText({100}), "T3");
}

TEST(RleTest, RandomMasksComeBack) {
  std::mt19937 random(2);
  for (int round = 0; round < 200; ++round) {
    const auto pick = [&](int low, int high) {
      return std::uniform_int_distribution<int>(low, high)(random);
    };
    MaskRegion mask;
    mask.image_width = pick(1, 60);
    mask.image_height = pick(1, 60);
    mask.x = pick(0, mask.image_width - 1);
    mask.y = pick(0, mask.image_height - 1);
    mask.width = pick(1, mask.image_width - mask.x);
    mask.height = pick(1, mask.image_height - mask.y);
    const int density = pick(0, 10);
    for (int i = 0; i < mask.width * mask.height; ++i) {
      mask.pixels.push_back(pick(1, 10) <= density ? 1 : 0);
    }
    const auto runs = FromRleText(ToRleText(RunLengths(mask)));
    ASSERT_TRUE(runs.ok());
    EXPECT_EQ(*runs, RunLengths(mask));
    const auto pixels = PixelsOfRuns(*runs, mask.image_width, mask.image_height);
    ASSERT_TRUE(pixels.ok());
    for (int y = 0; y < mask.image_height; ++y) {
      for (int x = 0; x < mask.image_width; ++x) {
        const bool inside =
            x >= mask.x && x < mask.x + mask.width && y >= mask.y && y < mask.y + mask.height;
        const auto at = static_cast<size_t>((y - mask.y) * mask.width + x - mask.x);
        ASSERT_EQ((*pixels)[static_cast<size_t>(y * mask.image_width + x)],
                  inside ? mask.pixels[at] : 0);
      }
    }
  }
}

TEST(RleTest, RefusesBrokenTexts) {
  EXPECT_FALSE(FromRleText("T").ok());
  EXPECT_FALSE(FromRleText(" ").ok());
  EXPECT_FALSE(FromRleText("O").ok());
  EXPECT_FALSE(FromRleText("ooooooooooooooooo").ok());
  EXPECT_FALSE(PixelsOfRuns({5}, 2, 2).ok());
  EXPECT_FALSE(PixelsOfRuns({3}, 2, 2).ok());
}

}  // namespace
}  // namespace omserve

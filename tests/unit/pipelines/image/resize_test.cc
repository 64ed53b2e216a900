// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/image/resize.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/unit/pipelines/image/sample_pictures.h"

namespace omserve {
namespace {

struct PillowCase {
  int width, height, new_width, new_height;
  std::vector<int> expected;  // computed by Pillow 13.0.0
};

const PillowCase kCases[] = {
    {11, 9, 4, 3, {110, 129, 140, 127, 137, 145, 124, 124, 131, 116, 129, 140,
                   120, 146, 123, 141, 134, 121, 139, 135, 123, 131, 132, 111,
                   124, 117, 144, 129, 120, 129, 127, 128, 124, 128, 120, 128}},
    {3, 4, 5, 6, {0,   44,  97,  5,   58,  110, 31,  84,  137, 56,  109, 173, 70,  123, 194,
                  36,  86,  156, 49,  108, 177, 77,  145, 198, 115, 174, 138, 136, 188, 96,
                  106, 162, 178, 124, 164, 206, 154, 174, 227, 164, 204, 102, 166, 222, 17,
                  178, 249, 44,  208, 166, 65,  231, 44,  97,  110, 68,  110, 27,  98,  115,
                  96,  159, 66,  123, 123, 87,  155, 73,  126, 105, 105, 173, 69,  132, 201,
                  2,   54,  125, 24,  83,  147, 65,  134, 187, 116, 175, 228, 145, 197, 250}},
    {7, 3, 3, 3, {27, 80, 134, 111, 172, 213, 195, 150, 91,  132, 185, 183, 149, 94,
                  77, 58, 111, 172, 173, 114, 70,  83,  132, 181, 194, 150, 91}},
    {2, 9, 2, 4, {73,  126, 129, 115, 118, 178, 97,  150, 120, 150, 125, 115,
                  119, 180, 129, 88,  134, 124, 143, 94,  150, 132, 71,  131}},
};

TEST(ResizePillowBicubicTest, IsPillowsBitForBit) {
  for (const PillowCase& c : kCases) {
    const auto pixels = Patterned(c.width, c.height);
    const Picture picture = Picture::Borrow(pixels.data(), c.width, c.height, ChannelOrder::kRgb);
    const auto out =
        ResizePillowBicubic(picture, c.new_width, c.new_height, {0, 0, c.new_width, c.new_height});
    ASSERT_TRUE(out.ok());
    EXPECT_EQ(std::vector<int>(out->pixels(), out->pixels() + out->bytes()), c.expected);
  }
}

const PillowCase kBilinearCases[] = {
    // computed by Pillow 10.4.0
    {11, 9, 4, 3, {113, 132, 141, 126, 134, 140, 124, 128, 135, 119, 127, 136,
                   122, 143, 122, 139, 136, 125, 139, 132, 121, 131, 135, 114,
                   124, 116, 141, 130, 119, 130, 127, 126, 127, 128, 120, 130}},
    {3, 4, 5, 6, {0,   53,  106, 15,  68,  121, 37,  90,  143, 59,  112, 165, 74,  127, 180,
                  46,  99,  152, 62,  115, 168, 86,  139, 192, 110, 163, 140, 127, 180, 105,
                  106, 159, 169, 125, 160, 188, 151, 162, 215, 152, 188, 114, 154, 207, 47,
                  167, 220, 60,  186, 155, 79,  217, 56,  109, 119, 87,  114, 53,  106, 116,
                  100, 153, 78,  121, 123, 99,  154, 79,  132, 110, 112, 165, 81,  134, 187,
                  17,  70,  123, 40,  93,  146, 75,  128, 181, 110, 163, 216, 133, 186, 239}},
};

TEST(ResizePillowBilinearTest, IsPillowsBitForBit) {
  for (const PillowCase& c : kBilinearCases) {
    const auto pixels = Patterned(c.width, c.height);
    const Picture picture = Picture::Borrow(pixels.data(), c.width, c.height, ChannelOrder::kRgb);
    const auto out =
        ResizePillowBilinear(picture, c.new_width, c.new_height, {0, 0, c.new_width, c.new_height});
    ASSERT_TRUE(out.ok());
    EXPECT_EQ(std::vector<int>(out->pixels(), out->pixels() + out->bytes()), c.expected);
  }
}

TEST(ResizePillowBicubicTest, CropIsAPartOfTheWhole) {
  const auto pixels = Patterned(53, 41);
  const Picture picture = Picture::Borrow(pixels.data(), 53, 41, ChannelOrder::kRgb);
  const auto whole = ResizePillowBicubic(picture, 29, 22, {0, 0, 29, 22});
  const auto part = ResizePillowBicubic(picture, 29, 22, {3, 4, 11, 9});
  ASSERT_TRUE(whole.ok() && part.ok());
  for (int y = 0; y < 9; ++y) {
    EXPECT_TRUE(std::equal(part->row(y), part->row(y) + 33, whole->row(y + 4) + 9)) << y;
  }
}

TEST(ResizePillowBicubicTest, RefusesWindowsOutside) {
  const auto pixels = Patterned(4, 4);
  const Picture picture = Picture::Borrow(pixels.data(), 4, 4, ChannelOrder::kRgb);
  EXPECT_FALSE(ResizePillowBicubic(picture, 2, 2, {1, 0, 2, 2}).ok());
  EXPECT_FALSE(ResizePillowBicubic(picture, 0, 2, {0, 0, 1, 1}).ok());
}

// Half-pixel centres, clamped edges, no antialias, within a grey level of exact arithmetic.
TEST(ResizeLinearTest, FollowsTheFormula) {
  const auto pixels = Patterned(13, 7);
  const Picture picture = Picture::Borrow(pixels.data(), 13, 7, ChannelOrder::kRgb);
  for (const auto& [width, height] : {std::pair(20, 11), {5, 3}}) {
    const auto out = ResizeLinear(picture, width, height);
    ASSERT_TRUE(out.ok());
    const auto source = [&](int x, int y, int c) {
      return static_cast<double>(picture.row(std::clamp(y, 0, 6))[3 * std::clamp(x, 0, 12) + c]);
    };
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        const double fx = (x + 0.5) * 13 / width - 0.5;
        const double fy = (y + 0.5) * 7 / height - 0.5;
        const int ix = static_cast<int>(std::floor(fx));
        const int iy = static_cast<int>(std::floor(fy));
        const double above = source(ix, iy, 1) * (1 - fx + ix) + source(ix + 1, iy, 1) * (fx - ix);
        const double below =
            source(ix, iy + 1, 1) * (1 - fx + ix) + source(ix + 1, iy + 1, 1) * (fx - ix);
        EXPECT_NEAR(out->row(y)[3 * x + 1], above * (1 - fy + iy) + below * (fy - iy), 1.0);
      }
    }
  }
  EXPECT_FALSE(ResizeLinear(picture, 0, 3).ok());
}

}  // namespace
}  // namespace omserve

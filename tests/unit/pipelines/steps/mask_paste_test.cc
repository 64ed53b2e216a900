// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/steps/mask_paste.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace omserve {
namespace {

// The formula in double precision at one pixel.
double Sample(const std::vector<float>& logits, int side, const Box& box, int x, int y) {
  const auto axis = [side](double center, double from, double to) {
    double unit = (center - from) / (to - from) * 2 - 1;
    if (std::isinf(unit)) unit = 0;
    return ((unit + 1) * side - 1) / 2;
  };
  const double px = axis(x + 0.5, box.x1, box.x2);
  const double py = axis(y + 0.5, box.y1, box.y2);
  const auto tap = [&](double column, double row) {
    if (column < 0 || row < 0 || column >= side || row >= side) return 0.0;
    const auto at = static_cast<size_t>(row * side + column);
    return 1 / (1 + std::exp(-static_cast<double>(logits[at])));
  };
  const double x0 = std::floor(px);
  const double y0 = std::floor(py);
  const double fx = px - x0;
  const double fy = py - y0;
  return (tap(x0, y0) * (1 - fx) + tap(x0 + 1, y0) * fx) * (1 - fy) +
         (tap(x0, y0 + 1) * (1 - fx) + tap(x0 + 1, y0 + 1) * fx) * fy;
}

TEST(MaskPasteTest, AgreesWithTheFormulaOverTheWholePicture) {
  std::mt19937 random(3);
  std::normal_distribution<float> logit(0, 3);
  const Box boxes[] = {{3.2F, 4.7F, 40.1F, 33.3F},
                       {-20, -10.5F, 12, 70},
                       {30, 30, 90, 35},
                       {-50, -50, 150, 150},
                       {10.25F, 10.5F, 11, 11.5F}};
  for (const Box& box : boxes) {
    std::vector<float> logits(28 * 28);
    for (float& value : logits) value = logit(random);
    const MaskRegion mask = PasteMask(logits, 28, box, 64, 48, 0.5F);
    EXPECT_EQ(mask.x, std::max(0, static_cast<int>(std::floor(box.x1)) - 1));
    for (int y = 0; y < 48; ++y) {
      for (int x = 0; x < 64; ++x) {
        const bool inside =
            x >= mask.x && x < mask.x + mask.width && y >= mask.y && y < mask.y + mask.height;
        const auto at = static_cast<size_t>((y - mask.y) * mask.width + x - mask.x);
        const double value = Sample(logits, 28, box, x, y);
        if (std::abs(value - 0.5) < 1e-4) continue;
        ASSERT_EQ(inside ? mask.pixels[at] : 0, value >= 0.5 ? 1 : 0) << x << "," << y;
      }
    }
  }
}

TEST(MaskPasteTest, ThresholdItselfIsSet) {
  const std::vector<float> logits(16, 0.0F);  // a probability of exactly 0.5
  const MaskRegion mask = PasteMask(logits, 4, {0, 0, 8, 8}, 8, 8, 0.5F);
  EXPECT_EQ(mask.pixels[3 * 8 + 3], 1);
  EXPECT_EQ(mask.pixels[0], 0);  // the border samples half a zero
}

TEST(MaskPasteTest, BoxesOutsideEmptyOrBrokenAreHarmless) {
  const std::vector<float> logits(16, 9.0F);
  EXPECT_TRUE(PasteMask(logits, 4, {100, 100, 120, 120}, 8, 8, 0.5F).pixels.empty());
  EXPECT_TRUE(PasteMask(logits, 4, {-30, -30, -20, -20}, 8, 8, 0.5F).pixels.empty());
  EXPECT_TRUE(PasteMask(logits, 4, {std::nanf(""), 0, 1, 1}, 8, 8, 0.5F).pixels.empty());
  const float inf = INFINITY;
  EXPECT_EQ(PasteMask(logits, 4, {-inf, -inf, inf, inf}, 8, 8, 0.5F).pixels.size(), 64U);
  const MaskRegion line = PasteMask(logits, 4, {4, 1, 4, 7}, 8, 8, 0.5F);  // no width
  EXPECT_EQ(line.pixels[static_cast<size_t>(3 * line.width)], 1);
}

}  // namespace
}  // namespace omserve

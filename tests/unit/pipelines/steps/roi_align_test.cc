// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/steps/roi_align.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "pipelines/steps/roi_level.h"

namespace omserve {
namespace {

// mmcv's loops in double precision, for one bin of one channel.
double NaiveBin(const float* map, int height, int width, const Box& roi, double scale, int size,
                int by, int bx) {
  const double x1 = roi.x1 * scale - 0.5;
  const double y1 = roi.y1 * scale - 0.5;
  const double bin_w = (roi.x2 * scale - 0.5 - x1) / size;
  const double bin_h = (roi.y2 * scale - 0.5 - y1) / size;
  const int grid_w = static_cast<int>(std::ceil(bin_w));
  const int grid_h = static_cast<int>(std::ceil(bin_h));
  double sum = 0;
  for (int iy = 0; iy < grid_h; ++iy) {
    for (int ix = 0; ix < grid_w; ++ix) {
      double y = y1 + by * bin_h + (iy + 0.5) * bin_h / grid_h;
      double x = x1 + bx * bin_w + (ix + 0.5) * bin_w / grid_w;
      if (y < -1 || y > height || x < -1 || x > width) continue;
      y = std::max(y, 0.0);
      x = std::max(x, 0.0);
      int y0 = static_cast<int>(y);
      int x0 = static_cast<int>(x);
      const int y2 = std::min(y0 + 1, height - 1);
      const int x2 = std::min(x0 + 1, width - 1);
      if (y0 >= height - 1) y = y0 = height - 1;
      if (x0 >= width - 1) x = x0 = width - 1;
      const auto at = [&](int r, int c) { return static_cast<double>(map[r * width + c]); };
      const double fy = y - y0;
      const double fx = x - x0;
      sum += (at(y0, x0) * (1 - fx) + at(y0, x2) * fx) * (1 - fy) +
             (at(y2, x0) * (1 - fx) + at(y2, x2) * fx) * fy;
    }
  }
  return sum / std::max(1, grid_w * grid_h);
}

std::vector<HostTensor> Pyramid(int channels) {
  std::mt19937 random(4);
  std::normal_distribution<float> value;
  std::vector<HostTensor> levels;
  for (const auto& [h, w] : {std::pair(40, 36), {20, 18}, {10, 9}, {5, 5}}) {
    levels.push_back(TensorAllocator::Heap().Allocate(DType::kFloat32, {1, channels, h, w}));
    for (float& v : levels.back().as<float>()) v = value(random);
  }
  return levels;
}

TEST(RoiAlignTest, AgreesWithTheNaiveLoops) {
  const std::vector<Box> rois = {{10, 12, 60, 50},     {0, 0, 160, 160}, {100, 5, 144, 160},
                                 {-30, -9, 20, 30},    {3, 3, 3.5F, 4},  {0, 0, 120, 119},
                                 {140, 150, 180, 190}, {8, 8, 100, 12},  {0, 0, 500, 500}};
  const std::vector<int> strides = {4, 8, 16, 32};
  for (const int channels : {3, 64, 70}) {
    const auto levels = Pyramid(channels);
    auto aligner = RoiAligner::Create(levels, strides, 28);
    ASSERT_TRUE(aligner.ok());
    for (const int size : {7, 14}) {
      const HostTensor out = aligner->Align(rois, size, TensorAllocator::Heap());
      ASSERT_EQ(out.shape(), (Shape{9, channels, size, size}));
      size_t i = 0;
      for (const Box& roi : rois) {
        const auto level = static_cast<size_t>(RoiLevel(roi, 28, 4));
        const auto h = static_cast<int>(levels[level].dim(2));
        const auto w = static_cast<int>(levels[level].dim(3));
        for (int c = 0; c < channels; ++c) {
          for (int bin = 0; bin < size * size; ++bin) {
            const double expected =
                NaiveBin(levels[level].as<float>().data() + c * h * w, h, w, roi,
                         1.0 / strides[level], size, bin / size, bin % size);
            ASSERT_NEAR(out.as<float>()[i++], expected, 2e-4) << level << " " << c << " " << bin;
          }
        }
      }
    }
  }
}

TEST(RoiAlignTest, RoiOfNoAreaGivesZerosAndNoRoisGiveNoRows) {
  auto aligner = RoiAligner::Create(Pyramid(2), {4, 8, 16, 32}, 56);
  ASSERT_TRUE(aligner.ok());
  const Box roi = {9, 9, 9, 9};
  const HostTensor out = aligner->Align({&roi, 1}, 7, TensorAllocator::Heap());
  for (const float value : out.as<float>()) EXPECT_EQ(value, 0);
  EXPECT_EQ(aligner->Align({}, 7, TensorAllocator::Heap()).rows(), 0);
}

TEST(RoiAlignTest, RefusesShapesThatDoNotFit) {
  EXPECT_FALSE(RoiAligner::Create({}, {}, 56).ok());
  EXPECT_FALSE(RoiAligner::Create(Pyramid(2), {4, 8}, 56).ok());
  EXPECT_FALSE(RoiAligner::Create({HostTensor()}, {4}, 56).ok());
  auto mixed = Pyramid(2);
  mixed[1] = Pyramid(3)[1];
  EXPECT_FALSE(RoiAligner::Create(mixed, {4, 8, 16, 32}, 56).ok());
}

}  // namespace
}  // namespace omserve

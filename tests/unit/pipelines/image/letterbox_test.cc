// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/image/letterbox.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace omserve {
namespace {

constexpr std::array<float, 3> kMean = {123.675F, 116.28F, 103.53F};
constexpr std::array<float, 3> kStd = {58.395F, 57.12F, 57.375F};

TEST(LetterboxTest, PadsWith114BeforeNormalising) {
  const std::vector<uint8_t> pixels(640 * 427 * 3, 200);
  const Picture picture = Picture::Borrow(pixels.data(), 640, 427, ChannelOrder::kBgr);
  const auto out = PreprocessVitDet(picture, {1024, 114, kMean, kStd}, TensorAllocator::Heap());
  ASSERT_TRUE(out.ok());
  EXPECT_EQ(out->tensor.shape(), (Shape{1, 3, 1024, 1024}));
  EXPECT_FLOAT_EQ(out->scale_x, 1.6F);
  EXPECT_FLOAT_EQ(out->scale_y, 683.0F / 427.0F);  // two factors after rounding
  const auto at = [&](size_t c, size_t y, size_t x) {
    return out->tensor.as<float>()[(c * 1024 + y) * 1024 + x];
  };
  const float padding[3] = {-0.16568F, -0.03992F, 0.18248F};
  for (size_t c = 0; c < 3; ++c) {
    EXPECT_NEAR(at(c, 682, 1023), (200 - kMean[c]) / kStd[c], 1e-5);
    EXPECT_NEAR(at(c, 683, 0), padding[c], 1e-5);
    EXPECT_NEAR(at(c, 1023, 1023), padding[c], 1e-5);
  }
}

TEST(LetterboxTest, PutsRedFirstWhateverTheOrder) {
  const uint8_t pixel[3] = {255, 0, 7};
  for (const ChannelOrder order : {ChannelOrder::kRgb, ChannelOrder::kBgr}) {
    const auto out = PreprocessVitDet(Picture::Borrow(pixel, 1, 1, order),
                                      {1, 114, {0, 0, 0}, {1, 1, 1}}, TensorAllocator::Heap());
    ASSERT_TRUE(out.ok());
    EXPECT_EQ(out->tensor.as<float>()[0], order == ChannelOrder::kRgb ? 255 : 7);
    EXPECT_EQ(out->tensor.as<float>()[2], order == ChannelOrder::kRgb ? 7 : 255);
  }
}

TEST(LetterboxTest, KeepsAThinPictureAtLeastOnePixelHigh) {
  const std::vector<uint8_t> pixels(4000 * 3, 9);
  const auto out = PreprocessVitDet(Picture::Borrow(pixels.data(), 4000, 1, ChannelOrder::kRgb),
                                    {64, 114, kMean, kStd}, TensorAllocator::Heap());
  ASSERT_TRUE(out.ok());
  EXPECT_NEAR(out->tensor.as<float>()[0], (9 - kMean[0]) / kStd[0], 1e-5);
  EXPECT_NEAR(out->tensor.as<float>()[64], (114 - kMean[0]) / kStd[0], 1e-5);
}

TEST(CenterCropTest, ScalesToOneAndTakesTheMiddle) {
  // Left third black, middle third 128, right third white; only the middle is left.
  std::vector<uint8_t> pixels;
  for (int y = 0; y < 8; ++y) {
    for (int x = 0; x < 24; ++x) pixels.insert(pixels.end(), 3, x < 8 ? 0 : (x < 16 ? 128 : 255));
  }
  const CenterCropOptions options = {8, {0.485F, 0.456F, 0.406F}, {0.229F, 0.224F, 0.225F}};
  const auto out = PreprocessInternVit(Picture::Borrow(pixels.data(), 24, 8, ChannelOrder::kRgb),
                                       options, TensorAllocator::Heap());
  ASSERT_TRUE(out.ok());
  ASSERT_EQ(out->shape(), (Shape{1, 3, 8, 8}));
  for (size_t c = 0; c < 3; ++c) {
    const float expected = (128 / 255.0F - options.mean_rgb[c]) / options.std_rgb[c];
    for (size_t i = 0; i < 64; ++i) EXPECT_NEAR(out->as<float>()[c * 64 + i], expected, 1e-5);
  }
}

TEST(CenterCropTest, ExtremeAspectRatioCostsOnlyTheCrop) {
  const std::vector<uint8_t> pixels(16000 * 3, 64);
  const auto out = PreprocessInternVit(Picture::Borrow(pixels.data(), 1, 16000, ChannelOrder::kRgb),
                                       {224, {0, 0, 0}, {1, 1, 1}}, TensorAllocator::Heap());
  ASSERT_TRUE(out.ok()) << out.status();
  EXPECT_NEAR(out->as<float>()[1000], 64 / 255.0F, 1e-5);
}

}  // namespace
}  // namespace omserve

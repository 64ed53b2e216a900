// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/graphs/text_frame.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

namespace omserve {
namespace {

Picture Blank(int width, int height) {
  Picture picture = Picture::Allocate(width, height, ChannelOrder::kRgb);
  std::memset(picture.mutable_pixels(), 200, picture.bytes());
  return picture;
}

struct Size {
  int width, height;
  bool operator==(const Size&) const = default;
};

Size SizeOf(const absl::StatusOr<TextFrame>& frame) {
  return {frame->picture.width(), frame->picture.height()};
}

// Sizes: RapidOCR 1.4.4's preprocess and maybe_add_letterbox.
TEST(TextFrameTest, AnOrdinaryPictureStaysAsItIs) {
  const auto frame = MakeTextFrame(Blank(800, 600), 2000);
  ASSERT_TRUE(frame.ok());
  EXPECT_EQ(SizeOf(frame), (Size{800, 600}));
  EXPECT_EQ(frame->top, 0);
  EXPECT_EQ(frame->ToSent({10, 20}), (PointF{10, 20}));
}

TEST(TextFrameTest, ALargePictureIsShrunkToMultiplesOf32) {
  const auto frame = MakeTextFrame(Blank(4000, 3000), 2000);
  // 2000 x 1500 -> 62.5 and 46.875 thirty-seconds; halves to the even number.
  EXPECT_EQ(SizeOf(frame), (Size{1984, 1504}));
  const PointF corner = frame->ToSent({1984, 1504});
  EXPECT_NEAR(corner.x, 4000, 0.01);
  EXPECT_NEAR(corner.y, 3000, 0.01);
}

TEST(TextFrameTest, AFlatPictureGetsBlackRows) {
  const auto frame = MakeTextFrame(Blank(900, 100), 2000);
  // wanted 2 * 112 rows, 62 above and below.
  EXPECT_EQ(frame->top, 62);
  EXPECT_EQ(SizeOf(frame), (Size{900, 224}));
  EXPECT_EQ(frame->ToSent({5, 62}), (PointF{5, 0}));
  EXPECT_EQ(frame->ToSent({5, 223}), (PointF{5, 100}));  // clipped
  EXPECT_EQ(frame->picture.row(0)[0], 0);
  EXPECT_EQ(frame->picture.row(62)[0], 200);
}

TEST(TextFrameTest, OnePixelBecomesAPicture) {
  const auto frame = MakeTextFrame(Blank(1, 1), 2000);
  ASSERT_TRUE(frame.ok());
  EXPECT_GE(frame->picture.width(), 32);
  EXPECT_LE(frame->ToSent({1e6F, 1e6F}).x, 1);
}

TEST(TextFrameTest, ALineOfPixelsIsNotBlownUpWithoutEnd) {
  for (const Size size : {Size{1, 16000}, Size{16000, 1}}) {
    const auto frame = MakeTextFrame(Blank(size.width, size.height), 2000);
    ASSERT_TRUE(frame.ok());
    EXPECT_LE(static_cast<int64_t>(frame->picture.width()) * frame->picture.height(), 64 << 20);
  }
}

PpOcrConfig WithGears(const std::vector<Size>& sizes) {
  PpOcrConfig config;
  for (const Size size : sizes) {
    const std::string name =
        "det_" + std::to_string(size.height) + "x" + std::to_string(size.width);
    EXPECT_TRUE(AddPpOcrStage(name, config).ok());
  }
  return config;
}

TEST(FitDetectionTest, SmallPicturesAreEnlargedToTheLimit) {
  const PpOcrConfig config = WithGears({{736, 736}, {992, 736}, {1312, 1312}});
  DetFit fit = FitDetection(400, 300, config);
  EXPECT_EQ((Size{fit.width, fit.height}), (Size{992, 736}));  // 981.3 -> 31 thirty-seconds
  EXPECT_EQ(fit.gear, 1U);
  fit = FitDetection(736, 736, config);
  EXPECT_EQ(fit.gear, 0U);
  fit = FitDetection(750, 1000, config);
  // 23.4 and 31.25 thirty-seconds.
  EXPECT_EQ((Size{fit.width, fit.height}), (Size{736, 992}));
  EXPECT_EQ(fit.gear, 2U);
}

TEST(FitDetectionTest, HalvesGoToTheEvenMultiple) {
  const PpOcrConfig config = WithGears({{1312, 1312}});
  EXPECT_EQ(FitDetection(1104, 800, config).width, 1088);  // 34.5 -> 34
  EXPECT_EQ(FitDetection(1136, 800, config).width, 1152);  // 35.5 -> 36
}

TEST(FitDetectionTest, WhatFitsNoGearIsShrunk) {
  const PpOcrConfig config = WithGears({{736, 736}, {1312, 736}});
  const DetFit fit = FitDetection(2624, 1472, config);
  EXPECT_EQ(fit.gear, 1U);
  EXPECT_EQ((Size{fit.width, fit.height}), (Size{1312, 736}));
  const DetFit thin = FitDetection(30, 60000, config);
  EXPECT_GE(thin.width, 32);
  EXPECT_LE(thin.height, 736);
}

TEST(FitDetectionTest, TheLimitMayBeForTheLongerSide) {
  PpOcrConfig config = WithGears({{960, 960}});
  config.det_limit_max = true;
  config.det_limit_side = 960;
  const DetFit fit = FitDetection(1280, 720, config);
  EXPECT_EQ((Size{fit.width, fit.height}), (Size{960, 544}));  // 540 -> 16.875 thirty-seconds
  EXPECT_EQ(FitDetection(300, 200, config).width, 288);
}

}  // namespace
}  // namespace omserve

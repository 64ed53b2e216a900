// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/image/crop_quad.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "pipelines/image/bgr_planes.h"
#include "pipelines/image/pad_rows.h"

namespace omserve {
namespace {

// Channels 4x, 6y and 3(x + y), modulo 256.
Picture Gradient(int width, int height) {
  Picture picture = Picture::Allocate(width, height, ChannelOrder::kBgr);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      uint8_t* pixel = picture.mutable_row(y) + 3 * static_cast<size_t>(x);
      pixel[0] = static_cast<uint8_t>(4 * x);
      pixel[1] = static_cast<uint8_t>(6 * y);
      pixel[2] = static_cast<uint8_t>(3 * (x + y));
    }
  }
  return picture;
}

void ExpectPixel(const Picture& picture, int x, int y, int a, int b, int c) {
  const uint8_t* pixel = picture.row(y) + 3 * static_cast<size_t>(x);
  EXPECT_NEAR(pixel[0], a, 1);
  EXPECT_NEAR(pixel[1], b, 1);
  EXPECT_NEAR(pixel[2], c, 1);
}

// Golden values: RapidOCR 1.4.4's get_rotate_crop_image with opencv-python 4.8.1.
TEST(CropQuadTest, AgreesWithRapidOcrOnATurnedQuad) {
  const Picture picture = Gradient(60, 40);
  const auto crop = CropQuad(picture, {PointF{5, 8}, {45, 14}, {43, 30}, {3, 24}});
  ASSERT_TRUE(crop.ok()) << crop.status();
  ASSERT_EQ(crop->width(), 40);
  ASSERT_EQ(crop->height(), 16);
  ExpectPixel(*crop, 0, 0, 20, 48, 39);
  ExpectPixel(*crop, 20, 8, 96, 114, 129);
  ExpectPixel(*crop, 39, 15, 169, 173, 213);
  EXPECT_FALSE(IsUpright(*crop));
}

TEST(CropQuadTest, AColumnIsTurnedCounterClockwise) {
  const Picture picture = Gradient(60, 40);
  const auto crop = CropQuad(picture, {PointF{50, 5}, {59, 5}, {59, 39}, {50, 39}});
  ASSERT_TRUE(crop.ok());
  ASSERT_TRUE(IsUpright(*crop));
  const Picture turned = TurnPicture(*crop, 90);
  ASSERT_EQ(turned.width(), 34);
  ASSERT_EQ(turned.height(), 9);
  ExpectPixel(turned, 0, 0, 232, 30, 189);
  ExpectPixel(turned, 33, 8, 200, 228, 8);
}

TEST(CropQuadTest, HalfATurnTwiceIsNone) {
  const Picture picture = Gradient(7, 5);
  const Picture turned = TurnPicture(picture, 180);
  ExpectPixel(turned, 0, 0, 4 * 6, 6 * 4, 3 * 10);
  const Picture back = TurnPicture(turned, 180);
  EXPECT_TRUE(std::equal(back.pixels(), back.pixels() + back.bytes(), picture.pixels()));
}

TEST(CropQuadTest, OnePixelIsACrop) {
  const auto crop = CropQuad(Gradient(9, 9), {PointF{4, 4}, {5, 4}, {5, 5}, {4, 5}});
  ASSERT_TRUE(crop.ok());
  EXPECT_EQ(crop->width(), 1);
  EXPECT_EQ(crop->height(), 1);
}

TEST(CropQuadTest, AQuadBeyondTheBorderRepeatsIt) {
  const auto crop = CropQuad(Gradient(20, 20), {PointF{-10, 5}, {0, 5}, {0, 10}, {-10, 10}});
  ASSERT_TRUE(crop.ok());
  ExpectPixel(*crop, 0, 0, 0, 30, 15);
}

TEST(CropQuadTest, RefusesQuadsThatCannotBeCropped) {
  const Picture picture = Gradient(20, 20);
  EXPECT_FALSE(CropQuad(picture, Quad{}).ok());
  EXPECT_FALSE(CropQuad(picture, {PointF{0, 0}, {9, 0}, {9, 0}, {0, 0}}).ok());
  EXPECT_FALSE(CropQuad(picture, {PointF{0, 0}, {1e9F, 0}, {1e9F, 9}, {0, 9}}).ok());
  EXPECT_FALSE(CropQuad(picture, {PointF{std::nanf(""), 0}, {9, 0}, {9, 9}, {0, 9}}).ok());
}

TEST(BgrPlanesTest, WritesBgrAndPads) {
  Picture rgb = Picture::Allocate(2, 1, ChannelOrder::kRgb);
  const uint8_t pixels[] = {255, 0, 51, 0, 255, 102};
  std::copy(pixels, pixels + 6, rgb.mutable_pixels());
  const BgrPlanes planes({0.5F, 0.5F, 0.5F}, {0.5F, 0.5F, 0.5F});
  float frame[3 * 2 * 3];
  planes.Write(rgb, 0, 2, Padding::kZero, 2, 3, frame);
  EXPECT_FLOAT_EQ(frame[0], 51 / 127.5F - 1);   // blue
  EXPECT_FLOAT_EQ(frame[1], 102 / 127.5F - 1);  // blue of the second pixel
  EXPECT_FLOAT_EQ(frame[6], -1);                // green
  EXPECT_FLOAT_EQ(frame[12], 1);                // red
  for (const int padded : {2, 3, 4, 5, 8, 14, 17}) EXPECT_EQ(frame[padded], 0) << padded;
}

TEST(BgrPlanesTest, RepeatsAsNumpyDoes) {
  Picture picture = Picture::Allocate(2, 2, ChannelOrder::kBgr);
  for (size_t i = 0; i < 12; ++i) picture.mutable_pixels()[i] = static_cast<uint8_t>(10 * i);
  const BgrPlanes planes({0, 0, 0}, {1 / 255.0F, 1 / 255.0F, 1 / 255.0F});
  float frame[3 * 5 * 5];
  planes.Write(picture, 0, 2, Padding::kRepeat, 5, 5, frame);
  // np.pad([[0, 30], [60, 90]], (0, 3), mode="wrap")
  const float wanted[] = {0,  30, 0,  30, 0,  60, 90, 60, 90, 60, 0,  30, 0,
                          30, 0,  60, 90, 60, 90, 60, 0,  30, 0,  30, 0};
  for (size_t i = 0; i < 25; ++i) EXPECT_NEAR(frame[i], wanted[i], 1e-3) << i;
}

TEST(BgrPlanesTest, TakesColumnsOutOfTheMiddle) {
  const Picture picture = Gradient(10, 1);
  const BgrPlanes planes({0, 0, 0}, {1 / 255.0F, 1 / 255.0F, 1 / 255.0F});
  float frame[3 * 4];
  planes.Write(picture, 5, 3, Padding::kZero, 1, 4, frame);
  EXPECT_NEAR(frame[0], 20, 1e-3);
  EXPECT_NEAR(frame[2], 28, 1e-3);
  EXPECT_EQ(frame[3], 0);
}

TEST(PadRowsTest, BlackAboveAndBelow) {
  const Picture padded = PadRows(Gradient(10, 3), 2);
  EXPECT_EQ(padded.height(), 7);
  ExpectPixel(padded, 9, 1, 0, 0, 0);
  ExpectPixel(padded, 9, 2, 36, 0, 27);
  ExpectPixel(padded, 9, 4, 36, 12, 33);
  ExpectPixel(padded, 9, 5, 0, 0, 0);
}

}  // namespace
}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/image/encode_png.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipelines/image/contours.h"
#include "pipelines/image/decode.h"

namespace omserve {
namespace {

MaskRegion Rectangle() {
  MaskRegion mask{.image_width = 10, .image_height = 8, .x = 2, .y = 3, .width = 4, .height = 2};
  mask.pixels.assign(8, 1);
  return mask;
}

TEST(EncodePngTest, GivesTheWholePictureBack) {
  const auto png = EncodeMaskPng(Rectangle());
  ASSERT_TRUE(png.ok());
  ImageInput input;
  input.bytes = *png;
  const auto picture = Decode(input, ImageLimits(), Orientation::kIgnoreExif);
  ASSERT_TRUE(picture.ok()) << picture.status();
  ASSERT_EQ(picture->width(), 10);
  ASSERT_EQ(picture->height(), 8);
  for (int y = 0; y < 8; ++y) {
    for (int x = 0; x < 10; ++x) {
      const bool inside = x >= 2 && x < 6 && y >= 3 && y < 5;
      EXPECT_EQ(picture->row(y)[3 * x], inside ? 255 : 0);
    }
  }
}

TEST(ContoursTest, GivesPointsOfTheWholePicture) {
  const auto polygons = OuterContours(Rectangle());
  ASSERT_TRUE(polygons.ok());
  ASSERT_EQ(polygons->size(), 1U);
  EXPECT_THAT((*polygons)[0], testing::ElementsAre(2, 3, 2, 4, 5, 4, 5, 3));
}

TEST(ContoursTest, EmptyMaskHasNone) {
  MaskRegion mask{.image_width = 10, .image_height = 8};
  EXPECT_TRUE(OuterContours(mask)->empty());
}

}  // namespace
}  // namespace omserve

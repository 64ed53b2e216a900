// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/image/exif.h"

#include <gtest/gtest.h>

#include <cstring>

#include "tests/unit/pipelines/image/sample_pictures.h"

namespace omserve {
namespace {

TEST(ExifTest, FindsTheOrientationInBothByteOrders) {
  const std::string jpeg(MakeJpeg(std::vector<uint8_t>(192, 1), 8, 8, TJPF_RGB, TJSAMP_444));
  for (int orientation = 1; orientation <= 8; ++orientation) {
    EXPECT_EQ(ExifOrientation(WithExif(jpeg, orientation, true)), orientation);
    EXPECT_EQ(ExifOrientation(WithExif(jpeg, orientation, false)), orientation);
  }
  EXPECT_EQ(ExifOrientation(WithExif(jpeg, 9, true)), 1);
  EXPECT_EQ(ExifOrientation(jpeg), 1);
}

TEST(ExifTest, StaysInsideTheBytesWhenCutOff) {
  const std::string whole = WithExif("\xff\xd8", 6, true);
  for (size_t size = 0; size < whole.size(); ++size) {
    const std::string part = whole.substr(0, size);
    const int orientation = ExifOrientation(part);
    EXPECT_GE(orientation, 1);
    EXPECT_LE(orientation, 8);
  }
}

// The 2 x 3 picture  1 2 / 3 4 / 5 6  turned upright.
TEST(ExifTest, TurnsByEachOrientation) {
  const std::string expected[9] = {"",       "123456", "214365", "654321", "563412",
                                   "135246", "531642", "642531", "246135"};
  for (int orientation = 1; orientation <= 8; ++orientation) {
    Picture picture = Picture::Allocate(2, 3, ChannelOrder::kRgb);
    for (int i = 0; i < 6; ++i) std::memset(picture.mutable_pixels() + 3 * i, '1' + i, 3);
    const Picture out = Upright(std::move(picture), orientation);
    std::string seen;
    for (int i = 0; i < 6; ++i) seen.push_back(static_cast<char>(out.pixels()[3 * i + 1]));
    EXPECT_EQ(seen, expected[orientation]) << orientation;
    EXPECT_EQ(out.width(), orientation >= 5 ? 3 : 2);
  }
}

}  // namespace
}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/drawing/exif.h"

#include <gtest/gtest.h>

#include <string>

namespace omserve::client {
namespace {

std::string WithTiff(const std::string& tiff) {
  const std::string segment = std::string("Exif\0\0", 6) + tiff;
  const size_t length = segment.size() + 2;
  std::string jpeg("\xFF\xD8\xFF\xE0\x00\x04zz\xFF\xE1", 10);  // another segment before it
  jpeg.push_back(static_cast<char>(length >> 8));
  jpeg.push_back(static_cast<char>(length & 0xff));
  return jpeg + segment + std::string("\xFF\xDA\x00\x02", 4);
}

std::string LittleTiff(char value) {
  std::string tiff("II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0", 18);
  tiff.push_back(value);
  return tiff + std::string(7, '\0');
}

TEST(ExifTest, ReadsBothByteOrders) {
  EXPECT_EQ(ExifOrientation(WithTiff(LittleTiff(6))), 6);
  const std::string big("MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x08\0\0\0\0\0\0", 26);
  EXPECT_EQ(ExifOrientation(WithTiff(big)), 8);
}

TEST(ExifTest, IsUprightWhenNothingOrNonsenseIsSaid) {
  EXPECT_EQ(ExifOrientation(""), 1);
  EXPECT_EQ(ExifOrientation(std::string("\xFF\xD8\xFF\xDA\x00\x02", 6)), 1);
  EXPECT_EQ(ExifOrientation(WithTiff(LittleTiff(9))), 1);
  EXPECT_EQ(ExifOrientation(WithTiff(LittleTiff(0))), 1);
  EXPECT_EQ(ExifOrientation(WithTiff("XX")), 1);
}

TEST(ExifTest, SurvivesEveryCutOff) {
  const std::string whole = WithTiff(LittleTiff(6));
  for (size_t length = 0; length < whole.size(); ++length) {
    const int orientation = ExifOrientation(std::string_view(whole).substr(0, length));
    EXPECT_TRUE(orientation == 1 || orientation == 6);
  }
}

}  // namespace
}  // namespace omserve::client

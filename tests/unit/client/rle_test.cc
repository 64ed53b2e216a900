// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/drawing/rle.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace omserve::client {
namespace {

// pycocotools' encoder, written from its description, as an independent reference.
std::string EncodeRle(const std::vector<uint8_t>& mask, int height, int width) {
  std::vector<int64_t> runs;
  int64_t length = 0;
  uint8_t current = 0;
  for (int x = 0; x < width; ++x) {
    for (int y = 0; y < height; ++y) {
      const uint8_t value = mask[static_cast<size_t>(y * width + x)];
      if (value != current) {
        runs.push_back(length);
        length = 0;
        current = value;
      }
      ++length;
    }
  }
  runs.push_back(length);
  std::string text;
  for (size_t i = 0; i < runs.size(); ++i) {
    int64_t x = i > 2 ? runs[i] - runs[i - 2] : runs[i];
    bool more = true;
    while (more) {
      int64_t bits = x & 0x1f;
      x >>= 5;
      more = (bits & 0x10) != 0 ? x != -1 : x != 0;
      text.push_back(static_cast<char>((more ? bits | 0x20 : bits) + 48));
    }
  }
  return text;
}

TEST(RleTest, DecodesColumnByColumn) {
  // 2 high, 3 wide; runs 1 off, 2 on, 3 off: (1,0) and (0,1) are set.
  const auto mask = DecodeRle("123", 2, 3);
  ASSERT_TRUE(mask.ok()) << mask.status();
  EXPECT_EQ(*mask, (std::vector<uint8_t>{0, 1, 0, 1, 0, 0}));
}

TEST(RleTest, ReadsLongAndNegativeNumbers) {
  // Runs 100, 50, 3, 7: the fourth is stored as 7 - 50 = -43.
  const int height = 16;
  const int width = 10;
  std::vector<uint8_t> expected(160, 0);
  for (int p = 0; p < 160; ++p) {
    expected[static_cast<size_t>(p % height * width + p / height)] =
        (p >= 100 && p < 150) || p >= 153 ? 1 : 0;
  }
  const std::string counts = EncodeRle(expected, height, width);
  EXPECT_EQ(counts, "T3b13eN");
  const auto mask = DecodeRle(counts, height, width);
  ASSERT_TRUE(mask.ok()) << mask.status();
  EXPECT_EQ(*mask, expected);
}

TEST(RleTest, DecodesWhatTheReferenceEncodes) {
  uint32_t state = 7;
  for (int round = 0; round < 50; ++round) {
    const int height = 1 + round;
    const int width = 60 - round;
    std::vector<uint8_t> expected(static_cast<size_t>(height * width));
    for (uint8_t& pixel : expected) {
      state = state * 1664525 + 1013904223;
      pixel = (state >> 24) % 16 < static_cast<uint32_t>(round % 16) ? 1 : 0;
    }
    const auto mask = DecodeRle(EncodeRle(expected, height, width), height, width);
    ASSERT_TRUE(mask.ok()) << mask.status();
    ASSERT_EQ(*mask, expected);
  }
}

TEST(RleTest, DecodesFullMask) {
  const auto mask = DecodeRle("06", 2, 3);
  ASSERT_TRUE(mask.ok()) << mask.status();
  EXPECT_EQ(*mask, std::vector<uint8_t>(6, 1));
}

TEST(RleTest, RefusesBrokenInput) {
  EXPECT_EQ(DecodeRle("6", 0, 6).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(DecodeRle("6", 1 << 20, 1 << 20).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE(DecodeRle("", 2, 3).ok());     // covers nothing
  EXPECT_FALSE(DecodeRle("12", 2, 3).ok());   // too short
  EXPECT_FALSE(DecodeRle("129", 2, 3).ok());  // too long
  EXPECT_FALSE(DecodeRle("1 3", 2, 3).ok());  // a character below the alphabet
  EXPECT_FALSE(DecodeRle("1\x7f"
                         "3",
                         2, 3)
                   .ok());                   // and above it
  EXPECT_FALSE(DecodeRle("T", 2, 3).ok());   // ends inside a number
  EXPECT_FALSE(DecodeRle("1O", 2, 3).ok());  // a negative run
  EXPECT_FALSE(DecodeRle(std::string(40, 'o'), 2, 3).ok());
}

}  // namespace
}  // namespace omserve::client

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/class_spec.h"

#include <gtest/gtest.h>

namespace omserve::client {
namespace {

TEST(ClassSpecTest, ReadsRawSizes) {
  const auto size = ParseRawSize("16x9");
  ASSERT_TRUE(size.ok());
  EXPECT_EQ(size->width, 16);
  EXPECT_EQ(size->height, 9);
  for (const char* text : {"", "16", "16x", "x16", "16x16x3", "0x1", "-1x1", "16385x1", "axb"}) {
    EXPECT_FALSE(ParseRawSize(text).ok()) << text;
  }
}

TEST(ClassSpecTest, ReadsMixes) {
  ClassSpec base;
  base.model = "m";
  const auto classes = ParseMix("a.jpg:3,b.jpg,d:0.5", base);
  ASSERT_TRUE(classes.ok()) << classes.status();
  ASSERT_EQ(classes->size(), 3U);
  EXPECT_EQ((*classes)[0].name, "a.jpg");
  EXPECT_EQ((*classes)[0].images, std::vector<std::string>{"a.jpg"});
  EXPECT_EQ((*classes)[0].share, 3);
  EXPECT_EQ((*classes)[0].model, "m");
  EXPECT_EQ((*classes)[1].share, 1);
  EXPECT_EQ((*classes)[2].share, 0.5);
  for (const char* text : {"", ",", ":1", "a:0", "a:-1", "a:x", "a:nan", "a:1,,b"}) {
    EXPECT_FALSE(ParseMix(text, base).ok()) << text;
  }
}

}  // namespace
}  // namespace omserve::client

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/drawing/text_font.h"

#include <gtest/gtest.h>

#include <opencv2/core.hpp>
#include <optional>
#include <string>

#include "client/drawing/draw_text.h"

namespace omserve::client {
namespace {

// Of the package fonts-dejavu-core, which deploy/bootstrap.sh installs.
constexpr char kFont[] = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf";
const cv::Scalar kInk(20, 20, 20);

class TextFontTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(font_.has_value()) << kFont; }

  // What was written, as pixels that are dark, in the box x 10 .. 190, y 10 .. 50.
  cv::Mat Written(const std::string& text, const cv::Rect& box = {10, 10, 180, 40}) const {
    cv::Mat sheet(60, 200, CV_8UC3, cv::Scalar(255, 255, 255));
    font_->Write(text, box, kInk, sheet);
    cv::Mat grey;
    cv::extractChannel(sheet, grey, 0);
    return grey < 128;
  }

  const std::optional<TextFont> font_ = TextFont::Open({"/no/such/font.ttf", kFont});
};

TEST_F(TextFontTest, CharactersBeyondAsciiHaveTheirOwnShapes) {
  const cv::Mat beta = Written("\u03b2"), omega = Written("\u03a9"), mark = Written("?");
  EXPECT_GT(cv::countNonZero(beta), 50);
  EXPECT_GT(cv::countNonZero(beta != omega), 50);
  EXPECT_GT(cv::countNonZero(omega != mark), 50);
}

TEST_F(TextFontTest, LongTextStaysInItsBox) {
  const cv::Mat written = Written("a long line of text that has to become smaller");
  EXPECT_GT(cv::countNonZero(written), 100);
  EXPECT_EQ(cv::countNonZero(written(cv::Rect(192, 0, 8, 60))), 0);
  EXPECT_EQ(cv::countNonZero(written(cv::Rect(0, 0, 200, 9))), 0);
}

TEST_F(TextFontTest, WhatIsBeyondTheSheetIsLeftOut) {
  EXPECT_GT(cv::countNonZero(Written("WWWW", {180, 30, 100, 40})), 0);
  EXPECT_EQ(cv::countNonZero(Written("W", {500, 500, 10, 10})), 0);
  Written("W", {-20, -20, 0, 0});
}

TEST_F(TextFontTest, BadBytesAreMarksAndEatNothingElse) {
  for (const char* bad : {"\xff", "\xe4\xb8", "\x80", "\xf0\x9f"}) {
    const cv::Mat one = Written(std::string(bad) + "W"), other = Written(std::string(bad) + "i");
    EXPECT_GT(cv::countNonZero(one != other), 20) << "the letter behind is drawn";
  }
}

TEST(TextFontFilesTest, NoFontIsNoFont) {
  EXPECT_FALSE(TextFont::Open({}).has_value());
  EXPECT_FALSE(TextFont::Open({"/no/such/font.ttf", "/proc/self/status"}).has_value());
}

TEST(NeedsFontTest, OnlyBeyondAscii) {
  v1::ReadTextResponse answer;
  answer.add_lines()->set_text("Total 1.00");
  EXPECT_FALSE(NeedsFont(answer));
  answer.add_lines()->set_text("\u4e2d");
  EXPECT_TRUE(NeedsFont(answer));
}

}  // namespace
}  // namespace omserve::client

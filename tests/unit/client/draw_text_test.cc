// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/drawing/draw_text.h"

#include <gtest/gtest.h>

#include <limits>
#include <opencv2/core.hpp>

namespace omserve::client {
namespace {

v1::ReadTextResponse Answer() {
  v1::ReadTextResponse answer;
  answer.set_image_width(100);
  answer.set_image_height(60);
  v1::TextLine* line = answer.add_lines();
  line->set_text("Total 中");
  for (const float v : {10, 20, 80, 20, 80, 45, 10, 45}) line->add_outline(v);
  line->mutable_box()->set_x1(10);
  line->mutable_box()->set_y1(20);
  line->mutable_box()->set_x2(80);
  line->mutable_box()->set_y2(45);
  return answer;
}

const cv::Mat kGrey(60, 100, CV_8UC3, cv::Scalar(90, 90, 90));

TEST(DrawTextTest, OutlinesOnThePictureAndTextBesideIt) {
  const auto drawn = DrawText(kGrey, Answer(), nullptr);
  ASSERT_TRUE(drawn.ok()) << drawn.status();
  EXPECT_EQ(drawn->cols, 200);
  EXPECT_EQ(drawn->rows, 60);
  EXPECT_EQ(drawn->at<cv::Vec3b>(20, 40), cv::Vec3b(220, 30, 30));  // the upper edge
  EXPECT_EQ(drawn->at<cv::Vec3b>(5, 5), cv::Vec3b(90, 90, 90));
  EXPECT_EQ(drawn->at<cv::Vec3b>(5, 150), cv::Vec3b(255, 255, 255));
  // Letters inside the box of the right half.
  cv::Mat inside = (*drawn)(cv::Rect(115, 25, 60, 15)).clone();
  double least = 255;
  cv::minMaxLoc(inside.reshape(1), &least, nullptr);
  EXPECT_LT(least, 128);
  EXPECT_EQ(kGrey.at<cv::Vec3b>(20, 40), cv::Vec3b(90, 90, 90));  // the original is as it was
}

TEST(DrawTextTest, BoxesStandInForOutlines) {
  v1::ReadTextResponse answer = Answer();
  answer.mutable_lines(0)->clear_outline();
  const auto drawn = DrawText(kGrey, answer, nullptr);
  ASSERT_TRUE(drawn.ok());
  EXPECT_EQ(drawn->at<cv::Vec3b>(20, 40), cv::Vec3b(220, 30, 30));
}

TEST(DrawTextTest, StrangeNumbersAreKeptInside) {
  v1::ReadTextResponse answer = Answer();
  answer.mutable_lines(0)->set_outline(0, std::numeric_limits<float>::quiet_NaN());
  answer.mutable_lines(0)->set_outline(2, 1e30F);
  EXPECT_TRUE(DrawText(kGrey, answer, nullptr).ok());
}

TEST(DrawTextTest, RefusesAnotherPicture) {
  v1::ReadTextResponse answer = Answer();
  answer.set_image_width(99);
  EXPECT_FALSE(DrawText(kGrey, answer, nullptr).ok());
}

}  // namespace
}  // namespace omserve::client

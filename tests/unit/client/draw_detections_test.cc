// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/drawing/draw_detections.h"

#include <gtest/gtest.h>

#include <limits>

namespace omserve::client {
namespace {

constexpr int kSide = 300;  // enlarged three times

v1::DetectResponse Answer() {
  v1::DetectResponse answer;
  answer.set_image_width(kSide);
  answer.set_image_height(kSide);
  v1::Detection* detection = answer.add_detections();
  detection->set_label(1);
  detection->set_label_name("Coat");
  detection->set_score(0.87F);
  detection->mutable_box()->set_x1(100);
  detection->mutable_box()->set_y1(100);
  detection->mutable_box()->set_x2(200);
  detection->mutable_box()->set_y2(200);
  return answer;
}

cv::Mat Grey() { return cv::Mat(kSide, kSide, CV_8UC3, cv::Scalar::all(128)); }

bool IsGrey(const cv::Mat& picture, int x, int y) {
  return picture.at<cv::Vec3b>(y, x) == cv::Vec3b(128, 128, 128);
}

TEST(DrawDetectionsTest, DrawsBoxAndLabelOnTheEnlargedPicture) {
  const auto drawn = DrawDetections(Grey(), Answer());
  ASSERT_TRUE(drawn.ok()) << drawn.status();
  ASSERT_EQ(drawn->size(), cv::Size(3 * kSide, 3 * kSide));
  EXPECT_FALSE(IsGrey(*drawn, 300, 450));  // left edge of the box
  EXPECT_FALSE(IsGrey(*drawn, 450, 600));  // lower edge
  EXPECT_TRUE(IsGrey(*drawn, 450, 450));   // inside, no mask
  EXPECT_FALSE(IsGrey(*drawn, 302, 295));  // the label's background, above the box
  EXPECT_TRUE(IsGrey(*drawn, 700, 700));
}

TEST(DrawDetectionsTest, BlendsTheMask) {
  v1::DetectResponse answer = Answer();
  v1::Mask::Polygon* polygon =
      answer.mutable_detections(0)->mutable_mask()->mutable_polygons()->add_polygons();
  for (const float value : {120.F, 120.F, 180.F, 120.F, 180.F, 180.F, 120.F, 180.F}) {
    polygon->add_xy(value);
  }
  const auto drawn = DrawDetections(Grey(), answer);
  ASSERT_TRUE(drawn.ok()) << drawn.status();
  EXPECT_FALSE(IsGrey(*drawn, 450, 450));
  EXPECT_TRUE(IsGrey(*drawn, 320, 450));  // in the box, outside the mask
}

TEST(DrawDetectionsTest, SurvivesBoxesBeyondThePicture) {
  v1::DetectResponse answer = Answer();
  v1::BoundingBox* box = answer.mutable_detections(0)->mutable_box();
  box->set_x1(-1e30F);
  box->set_y1(std::numeric_limits<float>::quiet_NaN());
  box->set_x2(1e30F);
  box->set_y2(5);
  EXPECT_TRUE(DrawDetections(Grey(), answer).ok());
  const cv::Mat tiny(1, 1, CV_8UC3, cv::Scalar::all(0));
  answer.set_image_width(1);
  answer.set_image_height(1);
  EXPECT_TRUE(DrawDetections(tiny, answer).ok());
}

TEST(DrawDetectionsTest, RefusesAnotherPictureAndBrokenMasks) {
  v1::DetectResponse answer = Answer();
  answer.set_image_width(299);
  EXPECT_EQ(DrawDetections(Grey(), answer).status().code(), absl::StatusCode::kInvalidArgument);
  answer = Answer();
  answer.mutable_detections(0)->mutable_mask()->mutable_rle()->set_counts("zz");
  EXPECT_EQ(DrawDetections(Grey(), answer).status().code(), absl::StatusCode::kInvalidArgument);
  answer.mutable_detections(0)->mutable_mask()->set_png("no");
  EXPECT_EQ(DrawDetections(Grey(), answer).status().code(), absl::StatusCode::kInvalidArgument);
  answer.mutable_detections(0)->mutable_mask()->Clear();
  EXPECT_EQ(DrawDetections(Grey(), answer).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(DrawDetectionsTest, DecodesRleMasks) {
  v1::Mask mask;
  mask.mutable_rle()->set_height(2);
  mask.mutable_rle()->set_width(3);
  mask.mutable_rle()->set_counts("123");
  const auto decoded = DecodeMask(mask, 3, 2);
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->at<uint8_t>(1, 0), 1);
  EXPECT_EQ(decoded->at<uint8_t>(0, 1), 1);
  EXPECT_EQ(cv::countNonZero(*decoded), 2);
}

}  // namespace
}  // namespace omserve::client

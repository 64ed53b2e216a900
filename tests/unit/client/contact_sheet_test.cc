// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/drawing/contact_sheet.h"

#include <gtest/gtest.h>

namespace omserve::client {
namespace {

TEST(ContactSheetTest, TilesPicturesInRows) {
  ContactSheet sheet;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(sheet.Add(cv::Mat(100, 200, CV_8UC3, cv::Scalar::all(200 + i))).ok());
  }
  const auto picture = sheet.Render();
  ASSERT_TRUE(picture.ok()) << picture.status();
  EXPECT_EQ(picture->size(), cv::Size(2 * 206 + 6, 2 * 106 + 6));
  EXPECT_EQ(picture->at<cv::Vec3b>(50, 100)[0], 200);
  EXPECT_EQ(picture->at<cv::Vec3b>(50, 300)[0], 201);
  EXPECT_EQ(picture->at<cv::Vec3b>(160, 100)[0], 202);
}

TEST(ContactSheetTest, ShrinksLargePicturesAndKeepsTheLimit) {
  ContactSheet sheet;
  for (int i = 0; i < ContactSheet::kMaxCells + 5; ++i) {
    ASSERT_TRUE(sheet.Add(cv::Mat(10, 960, CV_8UC3, cv::Scalar::all(1))).ok());
  }
  const auto picture = sheet.Render();
  ASSERT_TRUE(picture.ok()) << picture.status();
  EXPECT_EQ(picture->cols, 8 * (ContactSheet::kCellSide + 6) + 6);
}

TEST(ContactSheetTest, RefusesNothing) {
  ContactSheet sheet;
  EXPECT_EQ(sheet.Render().status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(sheet.Add(cv::Mat()).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(sheet.empty());
}

}  // namespace
}  // namespace omserve::client

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/drawing/result_pictures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "client/drawing/picture.h"

namespace omserve::client {
namespace {

class ResultPicturesTest : public ::testing::Test {
 protected:
  ResultPicturesTest() : root_(::testing::TempDir() + "result_pictures") {
    std::filesystem::create_directories(root_ + "/a");
    std::filesystem::create_directories(root_ + "/b");
  }
  ~ResultPicturesTest() override { std::filesystem::remove_all(root_); }

  DetectFileAnswer Picture(const std::string& name) {
    DetectFileAnswer answer;
    answer.file = root_ + "/" + name;
    EXPECT_TRUE(WritePng(cv::Mat(8, 9, CV_8UC3, cv::Scalar::all(7)), answer.file).ok());
    answer.answer.set_image_width(9);
    answer.answer.set_image_height(8);
    return answer;
  }

  const std::string root_;
};

TEST_F(ResultPicturesTest, NamesPicturesAfterFilesAndMakesASheet) {
  const std::string out = root_ + "/out/deep";
  const DrawnPictures drawn =
      DrawResults({Picture("a/x.png"), Picture("b/x.png"), Picture("a/contact_sheet.png")}, out);
  EXPECT_TRUE(drawn.errors.empty());
  EXPECT_EQ(drawn.files, (std::vector<std::string>{out + "/x.png", out + "/x-2.png",
                                                   out + "/contact_sheet-2.png"}));
  EXPECT_EQ(drawn.contact_sheet, out + "/contact_sheet.png");
  for (const std::string& file : drawn.files) {
    EXPECT_TRUE(std::filesystem::exists(file));
  }
  EXPECT_TRUE(std::filesystem::exists(drawn.contact_sheet));
}

TEST_F(ResultPicturesTest, GoesOnAfterAPictureThatFails) {
  DetectFileAnswer gone;
  gone.file = root_ + "/gone.png";
  DetectFileAnswer failed = Picture("a/failed.png");
  failed.status = absl::InternalError("no answer");
  const DrawnPictures drawn = DrawResults({gone, failed, Picture("a/x.png")}, root_ + "/out");
  ASSERT_EQ(drawn.errors.size(), 1U);
  EXPECT_THAT(std::string(drawn.errors[0].message()), ::testing::HasSubstr("gone.png"));
  EXPECT_EQ(drawn.files.size(), 1U);
}

TEST_F(ResultPicturesTest, SaysWhenTheFolderCannotBeMade) {
  const DetectFileAnswer answer = Picture("a/x.png");
  EXPECT_EQ(DrawResults({answer}, answer.file + "/out").errors.size(), 1U);
}

TEST_F(ResultPicturesTest, WritesNoSheetOfNothing) {
  EXPECT_EQ(DrawResults(std::vector<DetectFileAnswer>{}, root_ + "/out").contact_sheet, "");
}

}  // namespace
}  // namespace omserve::client

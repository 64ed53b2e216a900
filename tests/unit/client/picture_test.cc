// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/drawing/picture.h"

#include <gtest/gtest.h>
#include <turbojpeg.h>

#include <filesystem>
#include <string>

#include "client/picture_files.h"

namespace omserve::client {
namespace {

// Left half red, right half blue; 'orientation' above 0 adds an EXIF segment.
std::string Jpeg(int width, int height, int orientation) {
  cv::Mat picture(height, width, CV_8UC3, cv::Scalar(255, 0, 0));
  picture(cv::Rect(width / 2, 0, width - width / 2, height)).setTo(cv::Scalar(0, 0, 255));
  tjhandle encoder = tjInitCompress();
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  EXPECT_EQ(tjCompress2(encoder, picture.data, width, 0, height, TJPF_RGB, &bytes, &size,
                        TJSAMP_444, 95, 0),
            0);
  std::string jpeg(reinterpret_cast<const char*>(bytes), size);
  tjFree(bytes);
  tjDestroy(encoder);
  if (orientation > 0) {
    std::string exif(
        "\xFF\xE1\x00\x22"
        "Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0",
        28);
    exif.push_back(static_cast<char>(orientation));
    exif += std::string(7, '\0');
    jpeg.insert(2, exif);
  }
  return jpeg;
}

bool IsRed(const cv::Mat& picture, int x, int y) {
  const auto pixel = picture.at<cv::Vec3b>(y, x);
  return pixel[0] > 200 && pixel[2] < 60;
}

TEST(PictureTest, DecodesJpegAsRgb) {
  const auto picture = DecodePicture(Jpeg(32, 16, 0));
  ASSERT_TRUE(picture.ok()) << picture.status();
  EXPECT_EQ(picture->size(), cv::Size(32, 16));
  EXPECT_TRUE(IsRed(*picture, 2, 8));
  EXPECT_FALSE(IsRed(*picture, 30, 8));
}

TEST(PictureTest, TurnsUprightAfterExif) {
  struct Case {
    int orientation;
    cv::Size size;
    cv::Point red;
  };
  // Where the stored left half must be seen.
  const Case cases[] = {{1, {32, 16}, {2, 8}},  {2, {32, 16}, {30, 8}}, {3, {32, 16}, {30, 8}},
                        {4, {32, 16}, {2, 8}},  {5, {16, 32}, {8, 2}},  {6, {16, 32}, {8, 2}},
                        {7, {16, 32}, {8, 30}}, {8, {16, 32}, {8, 30}}};
  for (const Case& expected : cases) {
    const auto picture = DecodePicture(Jpeg(32, 16, expected.orientation));
    ASSERT_TRUE(picture.ok()) << picture.status();
    EXPECT_EQ(picture->size(), expected.size) << expected.orientation;
    EXPECT_TRUE(IsRed(*picture, expected.red.x, expected.red.y)) << expected.orientation;
  }
}

TEST(PictureTest, WritesPngThatDecodesToTheSamePixels) {
  cv::Mat picture(5, 7, CV_8UC3);
  cv::randu(picture, 0, 256);
  const std::string path = ::testing::TempDir() + "picture_test.png";
  ASSERT_TRUE(WritePng(picture, path).ok());
  const auto back = DecodePicture(*ReadFile(path));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(cv::norm(picture, *back, cv::NORM_INF), 0);
  const auto grey = DecodeGreyPng(*ReadFile(path));
  ASSERT_TRUE(grey.ok()) << grey.status();
  EXPECT_EQ(grey->type(), CV_8UC1);
  std::filesystem::remove(path);
}

TEST(PictureTest, RefusesBrokenPictures) {
  const std::string jpeg = Jpeg(32, 16, 0);
  for (const std::string& bytes :
       {std::string(), std::string("text"), jpeg.substr(0, 20), std::string("\x89PNG\r\n\x1a\n", 8),
        std::string("RIFF\x04\0\0\0WEBPVP8 ", 16)}) {
    EXPECT_EQ(DecodePicture(bytes).status().code(), absl::StatusCode::kInvalidArgument);
  }
  EXPECT_EQ(DecodeGreyPng(jpeg).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(PictureTest, SaysWhenItCannotWrite) {
  const cv::Mat picture(2, 2, CV_8UC3, cv::Scalar::all(0));
  EXPECT_EQ(WritePng(picture, "/nonexistent/x.png").code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(WritePng(cv::Mat(), ::testing::TempDir() + "x.png").ok());
}

}  // namespace
}  // namespace omserve::client

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/read_text_checks.h"

#include <limits>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/service/read_text_conversion.h"

namespace omserve {
namespace {

using ::testing::StartsWith;

v1::Image Encoded(const std::string& bytes) {
  v1::Image image;
  image.set_encoded(bytes);
  return image;
}

v1::Image Raw(int width, int height) {
  v1::Image image;
  image.mutable_raw()->set_width(width);
  image.mutable_raw()->set_height(height);
  image.mutable_raw()->set_order(v1::RawPixels::ORDER_BGR);
  image.mutable_raw()->set_pixels(std::string(static_cast<size_t>(width * height * 3), 'x'));
  return image;
}

std::string InputError(const v1::ReadTextRequest& request) {
  const auto input = CheckReadTextInput(request, {});
  EXPECT_EQ(input.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(input.status().message());
}

TEST(ReadTextInputTest, APageOrLines) {
  v1::ReadTextRequest page;
  *page.mutable_image() = Encoded("jpeg");
  const auto input = CheckReadTextInput(page, {});
  ASSERT_TRUE(input.ok()) << input.status();
  EXPECT_EQ(input->image.bytes, "jpeg");
  EXPECT_TRUE(input->lines.empty());
  EXPECT_EQ(CheckReadTextOptions(page, {})->task, ReadTask::kDetectAndRecognise);

  v1::ReadTextRequest lines;
  *lines.add_lines() = Raw(20, 10);
  *lines.add_lines() = Encoded("png");
  const auto crops = CheckReadTextInput(lines, {});
  ASSERT_TRUE(crops.ok()) << crops.status();
  ASSERT_EQ(crops->lines.size(), 2U);
  EXPECT_EQ(crops->lines[0].width, 20);
  EXPECT_EQ(CheckReadTextOptions(lines, {})->task, ReadTask::kRecognise);
}

TEST(ReadTextInputTest, NamesTheFieldAtFault) {
  v1::ReadTextRequest request;
  EXPECT_THAT(InputError(request), StartsWith("image: is missing"));
  *request.add_lines() = Raw(20, 10);
  *request.mutable_image() = Encoded("jpeg");
  EXPECT_THAT(InputError(request), StartsWith("image: must be absent"));
  request.set_task(v1::READ_TASK_DETECT);
  EXPECT_THAT(InputError(request), StartsWith("lines: must be empty"));
  request.clear_image();
  request.set_task(v1::READ_TASK_RECOGNISE);
  request.mutable_lines(0)->mutable_raw()->set_width(21);
  EXPECT_THAT(InputError(request), StartsWith("lines[0].image.raw.pixels: "));
  request.clear_lines();
  EXPECT_THAT(InputError(request), StartsWith("lines: is empty"));
  request.set_task(static_cast<v1::ReadTask>(99));
  EXPECT_THAT(InputError(request), StartsWith("task: 99"));
}

TEST(ReadTextInputTest, LinesAreLimitedInNumberAndSize) {
  v1::ReadTextRequest request;
  for (int i = 0; i <= kMostTextLines; ++i) *request.add_lines() = Encoded("png");
  EXPECT_THAT(InputError(request), StartsWith("lines: 1001 are more than 1000"));
  request.clear_lines();
  *request.add_lines() = Raw(20, 10);
  *request.add_lines() = Raw(20, 10);
  ImageLimits limits;
  limits.max_pixels = 300;
  const auto input = CheckReadTextInput(request, limits);
  ASSERT_TRUE(input.ok()) << input.status();
  EXPECT_EQ(*ReadTextInputBytes(*input, {}), 2 * 2 * 20 * 10 * 3);
  EXPECT_THAT(std::string(ReadTextInputBytes(*input, limits).status().message()),
              StartsWith("lines: together"));
}

TEST(ReadTextOptionsTest, WhatIsLeftOutComesFromTheModel) {
  PpOcrConfig config;
  config.has_classifier = true;
  config.defaults.min_score = 0.7F;
  config.defaults.max_lines = 9;
  v1::ReadTextRequest request;
  auto options = CheckReadTextOptions(request, config);
  ASSERT_TRUE(options.ok());
  EXPECT_FLOAT_EQ(options->min_score, 0.7F);
  EXPECT_EQ(options->max_lines, 9);
  EXPECT_TRUE(options->orientation);
  // Lines that were sent are all answered.
  *request.add_lines() = Encoded("png");
  EXPECT_EQ(CheckReadTextOptions(request, config)->min_score, 0);
  request.set_min_score(0.2F);
  request.set_box_score_min(0.3F);
  request.set_unclip_ratio(2);
  request.set_max_lines(5);
  request.set_orientation(false);
  request.set_region(v1::TEXT_REGION_POLYGON);
  request.set_words(true);
  options = CheckReadTextOptions(request, config);
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_FLOAT_EQ(options->min_score, 0.2F);
  EXPECT_FLOAT_EQ(options->box_score_min, 0.3F);
  EXPECT_FLOAT_EQ(options->unclip_ratio, 2);
  EXPECT_EQ(options->max_lines, 5);
  EXPECT_FALSE(options->orientation);
  EXPECT_EQ(options->region, TextRegion::kPolygon);
  EXPECT_TRUE(options->words);
  EXPECT_FALSE(options->characters);
}

TEST(ReadTextOptionsTest, NamesTheFieldAtFault) {
  const auto error = [](void (*spoil)(v1::ReadTextRequest&)) {
    v1::ReadTextRequest request;
    spoil(request);
    const auto options = CheckReadTextOptions(request, {});
    EXPECT_EQ(options.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(options.status().message());
  };
  using R = v1::ReadTextRequest;
  EXPECT_THAT(error([](R& r) { r.set_min_score(std::numeric_limits<float>::quiet_NaN()); }),
              StartsWith("min_score: "));
  EXPECT_THAT(error([](R& r) { r.set_box_score_min(-0.1F); }), StartsWith("box_score_min: "));
  EXPECT_THAT(error([](R& r) { r.set_unclip_ratio(0); }), StartsWith("unclip_ratio: "));
  EXPECT_THAT(error([](R& r) { r.set_max_lines(0); }), StartsWith("max_lines: "));
  EXPECT_THAT(error([](R& r) { r.set_orientation(true); }), StartsWith("orientation: "));
  EXPECT_THAT(error([](R& r) { r.set_region(static_cast<v1::TextRegion>(9)); }),
              StartsWith("region: 9"));
}

TEST(ConvertTextTest, CarriesEveryField) {
  ReadTextResult result;
  result.image_width = 100;
  result.image_height = 50;
  result.lines_found = 3;
  result.lines_below_score = 2;
  result.places_cut = 4;
  TextLine line;
  line.index = 2;
  line.outline = {{1, 2}, {3, 4}, {5, 6}, {7, 8}};
  line.box = {1, 2, 7, 8};
  line.box_score = 0.75F;
  line.text = "中 a";
  line.score = 0.5F;
  line.turned = 270;
  line.orientation_score = 0.25F;
  line.characters.push_back({"中", 0.5F, 0.1F, {PointF{1, 1}, {2, 1}, {2, 2}, {1, 2}}});
  line.words.push_back({"a", 0.25F, 0.9F, {PointF{3, 1}, {4, 1}, {4, 2}, {3, 2}}});
  result.lines.push_back(line);
  v1::ReadTextResponse out;
  ConvertText(result, out);
  EXPECT_EQ(out.image_width(), 100);
  EXPECT_EQ(out.lines_found(), 3);
  EXPECT_EQ(out.lines_below_score(), 2);
  EXPECT_EQ(out.places_cut(), 4);
  ASSERT_EQ(out.lines_size(), 1);
  const v1::TextLine& to = out.lines(0);
  EXPECT_EQ(to.index(), 2);
  EXPECT_THAT(to.outline(), ::testing::ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
  EXPECT_EQ(to.box().x2(), 7);
  EXPECT_EQ(to.text(), "中 a");
  EXPECT_EQ(to.turned(), 270);
  EXPECT_EQ(to.orientation_score(), 0.25F);
  EXPECT_EQ(to.characters(0).text(), "中");
  EXPECT_EQ(to.characters(0).position(), 0.1F);
  EXPECT_EQ(to.characters(0).outline_size(), 8);
  EXPECT_EQ(to.words(0).score(), 0.25F);
  EXPECT_EQ(to.words(0).outline(0), 3);
}

TEST(ConvertTextTest, LinesThatWereSentHaveNoBox) {
  ReadTextResult result;
  result.lines.emplace_back();
  v1::ReadTextResponse out;
  ConvertText(result, out);
  EXPECT_FALSE(out.lines(0).has_box());
}

}  // namespace
}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/graphs/ppocr_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace omserve {
namespace {

using ::testing::HasSubstr;

PpOcrConfig Good() {
  PpOcrConfig config;
  for (const char* stage : {"det_736x992", "rec_640", "rec_320", "cls"}) {
    EXPECT_TRUE(AddPpOcrStage(stage, config).ok()) << stage;
  }
  config.dictionary = *Dictionary::Parse("a\nb", true);
  return config;
}

std::string StageError(std::string_view name) {
  PpOcrConfig config = Good();
  return std::string(AddPpOcrStage(name, config).message());
}

TEST(PpOcrConfigTest, GearsComeFromTheNamesOfStages) {
  const PpOcrConfig config = Good();
  EXPECT_TRUE(CheckConfig(config).ok()) << CheckConfig(config);
  ASSERT_EQ(config.det_gears.size(), 1U);
  EXPECT_EQ(config.det_gears[0].height, 736);
  EXPECT_EQ(config.det_gears[0].width, 992);
  ASSERT_EQ(config.rec_gears.size(), 2U);
  EXPECT_EQ(config.rec_gears[0].width, 320);
  EXPECT_EQ(config.rec_gears[1].stage, "rec_640");
  EXPECT_TRUE(config.has_classifier);
}

TEST(PpOcrConfigTest, RefusesOtherNames) {
  for (const char* name : {"", "backbone", "det_", "det_736", "det_736x", "det_x736", "det_735x736",
                           "det_-736x736", "det_736x992x3", "det_99999999999x736", "rec_",
                           "rec_321", "rec_+320", "rec_80", "rec_0x320", "cls_192", "rec_8200"}) {
    EXPECT_THAT(StageError(name), HasSubstr("stages: '")) << name;
  }
}

TEST(PpOcrConfigTest, RefusesAGearThatIsThereTwice) {
  for (const char* name : {"det_736x992", "rec_320", "rec_0320", "cls"}) {
    EXPECT_THAT(StageError(name), HasSubstr("is there twice")) << name;
  }
}

void ExpectRefused(void (*spoil)(PpOcrConfig&), const char* field) {
  PpOcrConfig config = Good();
  spoil(config);
  EXPECT_THAT(std::string(CheckConfig(config).message()), HasSubstr(field));
}

TEST(PpOcrConfigTest, NamesTheFieldThatCannotWork) {
  ExpectRefused([](PpOcrConfig& c) { c.det_gears.clear(); }, "det_<height>x<width>");
  ExpectRefused([](PpOcrConfig& c) { c.rec_gears.clear(); }, "rec_<width>");
  ExpectRefused([](PpOcrConfig& c) { c.dictionary = {}; }, "dictionary_file");
  ExpectRefused([](PpOcrConfig& c) { c.det_limit_side = 0; }, "det_limit_side");
  ExpectRefused([](PpOcrConfig& c) { c.max_side = 0; }, "max_side");
  ExpectRefused([](PpOcrConfig& c) { c.det_std[1] = 0; }, "det_std");
  ExpectRefused([](PpOcrConfig& c) { c.contours.threshold = std::nanf(""); }, "det_threshold");
  ExpectRefused([](PpOcrConfig& c) { c.has_classifier = false; }, "orientation");
  ExpectRefused([](PpOcrConfig& c) { c.orientation_threshold = 2; }, "orientation_threshold");
  ExpectRefused([](PpOcrConfig& c) { c.defaults.min_score = -1; }, "min_score");
  ExpectRefused([](PpOcrConfig& c) { c.limits.max_pixels = 0; }, "limits.max_pixels");
}

TEST(PpOcrConfigTest, NamesTheOptionThatIsOutOfRange) {
  const auto error = [](void (*spoil)(ReadTextOptions&)) {
    ReadTextOptions options;
    spoil(options);
    return std::string(CheckOptions(options).message());
  };
  EXPECT_THAT(error([](ReadTextOptions& o) { o.min_score = std::nanf(""); }),
              HasSubstr("min_score"));
  EXPECT_THAT(error([](ReadTextOptions& o) { o.box_score_min = 1.5F; }),
              HasSubstr("box_score_min"));
  EXPECT_THAT(error([](ReadTextOptions& o) { o.unclip_ratio = 0; }), HasSubstr("unclip_ratio"));
  EXPECT_THAT(error([](ReadTextOptions& o) { o.max_lines = 0; }), HasSubstr("max_lines"));
  EXPECT_THAT(error([](ReadTextOptions& o) { o.max_lines = 1001; }), HasSubstr("max_lines"));
  EXPECT_EQ(error([](ReadTextOptions&) {}), "");
}

}  // namespace
}  // namespace omserve

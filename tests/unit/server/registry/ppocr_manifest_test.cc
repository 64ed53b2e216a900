// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/registry/ppocr_manifest.h"

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/registry/manifest.h"

namespace omserve {
namespace {

using ::testing::HasSubstr;

constexpr char kManifest[] = R"(name: "read"
version: "1"
stages { name: "det_736x736" om_file: "any.om" }
stages { name: "rec_640" om_file: "any.om" }
stages { name: "rec_320" om_file: "any.om" }
stages { name: "cls" om_file: "any.om" }
ppocr { dictionary_file: "keys.txt" min_score: 0.4 unclip_ratio: 1.5 max_lines: 50
        det_mean: [0.485, 0.456, 0.406] det_std: [0.229, 0.224, 0.225] dilation: false }
)";

class PpOcrManifestTest : public ::testing::Test {
 protected:
  void SetUp() override {
    dir_ =
        std::filesystem::path(::testing::TempDir()) /
        ("ppocr_" + std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()));
    std::filesystem::remove_all(dir_);
    std::filesystem::create_directories(dir_);
    Write("any.om", "om");
    Write("keys.txt", "a\n\u3000\n中");
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(dir_ / name) << text;
  }
  absl::StatusOr<PipelineSpec> Load(const std::string& text) const {
    Write("pipeline.pbtxt", text);
    return LoadManifest((dir_ / "pipeline.pbtxt").string());
  }
  void ExpectError(const std::string& from, const std::string& to, const std::string& message) {
    const auto spec = Load(absl::StrReplaceAll(kManifest, {{from, to}}));
    EXPECT_FALSE(spec.ok()) << to;
    EXPECT_THAT(std::string(spec.status().message()), HasSubstr(message));
  }

  std::filesystem::path dir_;
};

TEST_F(PpOcrManifestTest, ReadsGearsDictionaryAndNumbers) {
  const auto spec = Load(kManifest);
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(spec->pipeline(), "ppocr");
  const auto& config = std::get<PpOcrConfig>(spec->config);
  EXPECT_EQ(config.dictionary.classes(), 5U);  // blank, three characters, space
  EXPECT_EQ(config.dictionary.At(2), "\u3000");
  EXPECT_EQ(config.rec_gears[0].width, 320);
  EXPECT_FLOAT_EQ(config.defaults.min_score, 0.4F);
  EXPECT_FLOAT_EQ(config.defaults.unclip_ratio, 1.5F);
  EXPECT_EQ(config.defaults.max_lines, 50);
  EXPECT_TRUE(config.defaults.orientation);
  EXPECT_FLOAT_EQ(config.det_mean[0], 0.485F);
  EXPECT_FALSE(config.contours.dilation);
  EXPECT_FLOAT_EQ(config.contours.threshold, 0.3F);
}

TEST_F(PpOcrManifestTest, WithoutAClassifierNoLineIsTurned) {
  const auto spec =
      Load(absl::StrReplaceAll(kManifest, {{R"(stages { name: "cls" om_file: "any.om" })", ""}}));
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_FALSE(std::get<PpOcrConfig>(spec->config).defaults.orientation);
}

TEST_F(PpOcrManifestTest, TheSpaceMayBeLeftOut) {
  const auto spec =
      Load(absl::StrReplaceAll(kManifest, {{"dilation: false", "use_space_char: false"}}));
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(std::get<PpOcrConfig>(spec->config).dictionary.classes(), 4U);
}

TEST_F(PpOcrManifestTest, NamesTheFieldAtFault) {
  ExpectError("keys.txt", "absent.txt", "ppocr.dictionary_file: ");
  ExpectError(R"(dictionary_file: "keys.txt")", "", "ppocr.dictionary_file: must be set");
  ExpectError("rec_640", "rec_641", "'rec_641' must be rec_<width>");
  ExpectError("rec_640", "roi_bbox", "'roi_bbox' is not a stage of the pipeline");
  ExpectError("rec_640", "rec_320", "'rec_320' is there twice");
  ExpectError("min_score: 0.4", "min_score: 1.4", "ppocr.min_score: 1.4");
  ExpectError("min_score: 0.4", "box_score_min: nan", "ppocr.box_score_min");
  ExpectError("unclip_ratio: 1.5", "unclip_ratio: -1", "ppocr.unclip_ratio");
  ExpectError("max_lines: 50", "max_lines: 1001", "ppocr.max_lines");
  ExpectError("det_std: [0.229, 0.224, 0.225]", "det_std: [1]", "ppocr.det_std: 1 numbers");
  ExpectError("dilation: false", "det_limit_type: \"mid\"", "ppocr.det_limit_type");
}

TEST_F(PpOcrManifestTest, AnEmptyLineOfTheDictionaryIsNamed) {
  Write("keys.txt", "a\n\nb");
  ExpectError("rec_640", "rec_640", "keys.txt: line 2 is empty");
}

}  // namespace
}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/graphs/ppocr.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>

#include "tests/unit/pipelines/graphs/scripted_runner.h"

namespace omserve {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int kClasses = 5;  // blank, a, b, 中, space

// A detection that sees two lines, one above the other, and a recognition that reads "ab 中" from
// any crop.
class PpOcrTest : public testing::Test {
 protected:
  PpOcrTest() {
    PpOcrConfig config;
    for (const char* stage : {"det_64x96", "rec_320", "rec_640", "cls"}) {
      EXPECT_TRUE(AddPpOcrStage(stage, config).ok());
    }
    config.dictionary = *Dictionary::Parse("a\nb\n中", true);
    config.det_limit_side = 64;
    pipeline_.emplace(*PpOcr::Create(std::move(config)));
    runner_.answers["det_64x96"] = [this](const StageCall& call) -> absl::StatusOr<StageResult> {
      EXPECT_EQ(call.inputs[0].host.shape(), (Shape{1, 3, 64, 96}));
      StageResult result;
      result.outputs.push_back(OnHost(Constant(map_shape_, 0.05F)));
      for (const int top : tops_) {
        for (int y = top; y < top + 8; ++y) {
          const auto row = result.outputs[0].host.as<float>().subspan(static_cast<size_t>(y) * 96);
          std::fill(row.begin() + 8, row.begin() + 80, 0.9F);
        }
      }
      return result;
    };
    runner_.answers["cls"] = [this](const StageCall& call) -> absl::StatusOr<StageResult> {
      StageResult result;
      result.outputs.push_back(OnHost(Constant({call.items, 2}, 1 - headlong_)));
      const auto scores = result.outputs[0].host.as<float>();
      for (size_t i = 1; i < scores.size(); i += 2) scores[i] = headlong_;
      return result;
    };
    runner_.answers["rec_320"] = [this](const StageCall& call) { return Recognised(call, 320); };
    runner_.answers["rec_640"] = [this](const StageCall& call) { return Recognised(call, 640); };
  }

  absl::StatusOr<StageResult> Recognised(const StageCall& call, int width) {
    EXPECT_EQ(call.inputs[0].host.shape(), (Shape{call.items, 3, 48, width}));
    const int64_t rows = std::max<int64_t>(0, call.items - cut_);
    StageResult result;
    result.items_cut = call.items - rows;
    result.outputs.push_back(OnHost(Constant({rows, width / 8, classes_}, 0.0F)));
    const auto values = result.outputs[0].host.as<float>();
    const int read[] = {0, 1, 1, 2, 4, 0, 3};
    for (size_t step = 0; classes_ == kClasses && step < values.size() / kClasses; ++step) {
      const size_t within = step % static_cast<size_t>(width / 8);
      const int best = within < std::size(read) ? read[within] : 0;
      values[step * kClasses + static_cast<size_t>(best)] = score_;
    }
    return result;
  }

  absl::StatusOr<ReadTextResult> Read() {
    ReadTextInput input = input_;
    if (input.lines.empty()) input.image = Raw(96, 64);
    absl::StatusOr<ReadTextResult> got = absl::UnknownError("never ended");
    Start(pipeline_->Read(runner_, context_, std::move(input), options_),
          [&](absl::StatusOr<ReadTextResult> result) { got = std::move(result); });
    runner_.Drain();
    return got;
  }

  ImageInput Raw(int width, int height) {
    ImageInput image;
    image.format = ImageInput::Format::kRawBgr;
    image.bytes = std::string_view(pixels_).substr(
        0, static_cast<size_t>(width) * static_cast<size_t>(height) * 3);
    image.width = width;
    image.height = height;
    return image;
  }

  ManualClock clock_;
  RequestContext context_{clock_, absl::UnixEpoch() + absl::Seconds(5)};
  ScriptedRunner runner_;
  std::optional<PpOcr> pipeline_;
  const std::string pixels_ = std::string(3000 * 64 * 3, 'x');
  ReadTextInput input_;
  ReadTextOptions options_;
  std::vector<int> tops_ = {10, 40};
  Shape map_shape_ = {1, 1, 64, 96};
  float headlong_ = 0.1F;
  float score_ = 0.8F;
  int64_t cut_ = 0;
  int classes_ = kClasses;
};

TEST_F(PpOcrTest, ReadsLinesFromTopToBottom) {
  const auto result = Read();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(runner_.stages, ElementsAre("det_64x96", "cls", "rec_320"));
  EXPECT_THAT(runner_.items, ElementsAre(1, 2, 2));
  ASSERT_EQ(result->lines.size(), 2U);
  EXPECT_EQ(result->lines[0].text, "ab 中");
  EXPECT_NEAR(result->lines[0].score, 0.8, 1e-6);
  EXPECT_LT(result->lines[0].box.y2, result->lines[1].box.y1);
  EXPECT_EQ(result->lines[0].outline.size(), 4U);
  EXPECT_EQ(result->lines[1].index, 1);
  EXPECT_EQ(result->lines_found, 2);
  EXPECT_EQ(result->image_width, 96);
  EXPECT_THAT(result->lines[0].characters, IsEmpty());
}

TEST_F(PpOcrTest, NoTextIsAnEmptyAnswerWithoutRecognition) {
  tops_ = {};
  const auto result = Read();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(result->lines, IsEmpty());
  EXPECT_THAT(runner_.stages, ElementsAre("det_64x96"));
}

TEST_F(PpOcrTest, DetectsOnly) {
  options_.task = ReadTask::kDetect;
  options_.region = TextRegion::kBox;
  const auto result = Read();
  ASSERT_TRUE(result.ok());
  EXPECT_THAT(runner_.stages, ElementsAre("det_64x96"));
  ASSERT_EQ(result->lines.size(), 2U);
  EXPECT_THAT(result->lines[0].outline, IsEmpty());
  EXPECT_GT(result->lines[0].box.x2, result->lines[0].box.x1);
  EXPECT_GT(result->lines[0].box_score, 0.5);
}

TEST_F(PpOcrTest, RecognisesLinesOfAnyWidthInTheirOrder) {
  options_.task = ReadTask::kRecognise;
  options_.min_score = 0;
  // 320 wide at a height of 48; then one of 640; then a single pixel.
  input_.lines = {Raw(600, 48), Raw(10, 48), Raw(1, 1)};
  const auto result = Read();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(runner_.stages, ElementsAre("cls", "rec_320", "rec_640"));
  EXPECT_THAT(runner_.items, ElementsAre(3, 2, 1));
  ASSERT_EQ(result->lines.size(), 3U);
  for (const TextLine& line : result->lines) EXPECT_EQ(line.text, "ab 中");
  EXPECT_THAT(result->lines[2].outline, IsEmpty());
  EXPECT_EQ(result->image_width, 0);
}

TEST_F(PpOcrTest, TheGearsOfARequestRunTogether) {
  options_.task = ReadTask::kRecognise;
  options_.orientation = false;
  input_.lines = {Raw(600, 48), Raw(10, 48)};
  absl::StatusOr<ReadTextResult> got = absl::UnknownError("never ended");
  Start(pipeline_->Read(runner_, context_, input_, options_),
        [&](absl::StatusOr<ReadTextResult> result) { got = std::move(result); });
  EXPECT_THAT(runner_.stages, ElementsAre("rec_320", "rec_640"));  // and none has ended
  EXPECT_FALSE(got.ok());
  runner_.Drain();
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ(got->lines.size(), 2U);
}

TEST_F(PpOcrTest, WhatRunsIsAwaitedAfterAnError) {
  options_.task = ReadTask::kRecognise;
  options_.orientation = false;
  input_.lines = {Raw(600, 48), Raw(10, 48)};
  for (const char* stage : {"rec_320", "rec_640"}) {
    const auto working = runner_.answers[stage];
    runner_.answers[stage] = [](const StageCall&) -> absl::StatusOr<StageResult> {
      return absl::UnavailableError("no device");
    };
    EXPECT_EQ(Read().status().code(), absl::StatusCode::kUnavailable) << stage;
    runner_.answers[stage] = working;
  }
  EXPECT_THAT(runner_.stages, ElementsAre("rec_320", "rec_640", "rec_320", "rec_640"));
}

TEST_F(PpOcrTest, AWideLineIsReadInParts) {
  options_.task = ReadTask::kRecognise;
  options_.orientation = false;
  input_.lines = {Raw(1500, 48)};
  const auto result = Read();
  ASSERT_TRUE(result.ok()) << result.status();
  // 640, overlapping by 160 at least: 0, 432 and 864.
  EXPECT_THAT(runner_.stages, ElementsAre("rec_640"));
  EXPECT_THAT(runner_.items, ElementsAre(3));
  EXPECT_THAT(result->lines[0].text, HasSubstr("ab 中"));
}

TEST_F(PpOcrTest, TurnsLinesThatStandOnTheirHead) {
  headlong_ = 0.95F;
  options_.characters = true;
  const auto result = Read();
  ASSERT_TRUE(result.ok());
  const TextLine& line = result->lines[0];
  EXPECT_EQ(line.turned, 180);
  EXPECT_NEAR(line.orientation_score, 0.95, 1e-6);
  // The text begins at the right.
  EXPECT_GT(line.characters[0].outline[0].x, line.characters[3].outline[0].x);
  headlong_ = 0.9F;  // not above the threshold
  EXPECT_EQ(Read()->lines[0].turned, 0);
  options_.orientation = false;
  runner_.stages.clear();
  EXPECT_TRUE(Read().ok());
  EXPECT_THAT(runner_.stages, ElementsAre("det_64x96", "rec_320"));
}

TEST_F(PpOcrTest, GivesCharactersAndWords) {
  options_.characters = options_.words = true;
  const auto result = Read();
  ASSERT_TRUE(result.ok());
  const TextLine& line = result->lines[0];
  ASSERT_EQ(line.characters.size(), 4U);
  EXPECT_EQ(line.characters[3].text, "中");
  EXPECT_LT(line.characters[0].position, line.characters[1].position);
  ASSERT_EQ(line.words.size(), 2U);
  EXPECT_EQ(line.words[0].text, "ab");
  EXPECT_NEAR(line.words[1].score, 0.8, 1e-6);
  for (const TextPiece& piece : line.characters) {
    for (const PointF& corner : piece.outline) {
      EXPECT_GE(corner.x, line.box.x1 - 1);
      EXPECT_LE(corner.x, line.box.x2 + 1);
    }
  }
}

TEST_F(PpOcrTest, LeavesOutUnsureLinesAndSaysSo) {
  score_ = 0.4F;
  const auto result = Read();
  ASSERT_TRUE(result.ok());
  EXPECT_THAT(result->lines, IsEmpty());
  EXPECT_EQ(result->lines_found, 2);
  EXPECT_EQ(result->lines_below_score, 2);
}

TEST_F(PpOcrTest, CapsPlacesAndSaysSo) {
  options_.max_lines = 1;
  const auto result = Read();
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->lines.size(), 1U);
  EXPECT_EQ(result->places_cut, 1);
}

TEST_F(PpOcrTest, ItemsThatTheRunnerCutStayUnread) {
  cut_ = 1;
  options_.min_score = 0;
  const auto result = Read();
  ASSERT_TRUE(result.ok()) << result.status();
  ASSERT_EQ(result->lines.size(), 2U);
  EXPECT_EQ(result->lines[0].text, "ab 中");
  EXPECT_EQ(result->lines[1].text, "");
  EXPECT_EQ(result->places_cut, 1);
}

TEST_F(PpOcrTest, PassesErrorsOnAndNamesTheStage) {
  runner_.answers["rec_320"] = [](const StageCall&) -> absl::StatusOr<StageResult> {
    return absl::ResourceExhaustedError("full");
  };
  EXPECT_EQ(Read().status().code(), absl::StatusCode::kResourceExhausted);
  runner_.answers["rec_320"] = [this](const StageCall& call) { return Recognised(call, 320); };
  classes_ = 97;
  EXPECT_THAT(std::string(Read().status().message()), HasSubstr("stage rec_320: gave"));
  classes_ = kClasses;
  map_shape_ = {1, 1, 96, 96};
  EXPECT_THAT(std::string(Read().status().message()), HasSubstr("stage det_64x96: gave a map"));
}

TEST_F(PpOcrTest, RefusesBadLinesAndOptions) {
  options_.task = ReadTask::kRecognise;
  ImageInput broken;
  broken.bytes = "no picture";
  input_.lines = {Raw(10, 48), broken};
  EXPECT_THAT(std::string(Read().status().message()), HasSubstr("lines[1]: "));
  options_.min_score = 2;
  EXPECT_EQ(Read().status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(PpOcrTest, StopsWhenTheCallerHasGone) {
  runner_.before_answer = [this](const std::string&) { context_.Cancel(); };
  EXPECT_EQ(Read().status().code(), absl::StatusCode::kCancelled);
  EXPECT_THAT(runner_.stages, ElementsAre("det_64x96"));
}

}  // namespace
}  // namespace omserve

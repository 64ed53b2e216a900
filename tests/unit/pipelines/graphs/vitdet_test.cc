// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/graphs/vitdet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <optional>

#include "pipelines/steps/rle.h"
#include "tests/unit/pipelines/graphs/scripted_runner.h"

namespace omserve {
namespace {

using ::testing::ElementsAre;

// A frame of 64 pixels, two classes, three levels of which the last is for the RPN only. The model
// sees one object 16 x 16 around (24, 24) whatever the picture.
class VitDetTest : public testing::Test {
 protected:
  VitDetTest() {
    VitDetConfig config;
    config.image_size = 64;
    config.strides = {4, 8, 16};
    config.anchor_scales = {4};
    config.anchor_ratios = {1};
    config.rpn_nms_pre = 1;
    config.rpn_max_proposals = 1;
    config.num_classes = 2;
    vitdet_.emplace(*VitDet::Create(config));
    runner_.answers["backbone"] = [](const StageCall& call) -> absl::StatusOr<StageResult> {
      EXPECT_THAT(call.fetch, ElementsAre(0, 1));
      EXPECT_THAT(call.keep, ElementsAre(0, 1, 2));
      EXPECT_EQ(call.inputs[0].host.shape(), (Shape{1, 3, 64, 64}));
      StageResult result;
      for (const int side : {16, 8, 4}) {
        result.outputs.push_back(OnHost(Constant({1, 5, side, side}, 1)));
      }
      return result;
    };
    runner_.answers["rpn"] = [this](const StageCall& call) -> absl::StatusOr<StageResult> {
      EXPECT_EQ(call.inputs.size(), 3U);
      EXPECT_THAT(call.fetch, ElementsAre(0, 1, 2, 3, 4, 5));
      StageResult result;
      for (const int side : {16, 8, 4}) {
        result.outputs.push_back(OnHost(Constant({1, 1, side, side}, -9)));
      }
      for (const int side : {16, 8, 4}) {
        result.outputs.push_back(OnHost(Constant({1, 4, side, side}, rpn_delta_)));
      }
      result.outputs[0].host.as<float>()[6 * 16 + 6] = 5;
      return result;
    };
    runner_.answers["roi_bbox"] = [this](const StageCall& call) -> absl::StatusOr<StageResult> {
      EXPECT_EQ(call.inputs[0].host.shape(), (Shape{call.items, 5, 7, 7}));
      StageResult result;
      result.outputs.push_back(OnHost(Constant({call.items, 3}, 0)));
      for (size_t k = 0; k < 3; ++k) result.outputs[0].host.as<float>()[k] = logits_[k];
      result.outputs.push_back(OnHost(Constant({call.items, 8}, 0)));
      return result;
    };
    runner_.answers["roi_mask"] = [](const StageCall& call) -> absl::StatusOr<StageResult> {
      EXPECT_EQ(call.inputs[0].host.shape(), (Shape{call.items, 5, 14, 14}));
      StageResult result;
      result.outputs.push_back(OnHost(Constant({call.items, 2, 28, 28}, 20)));
      return result;
    };
    options_.score_threshold = 0.1F;
  }

  absl::StatusOr<DetectResult> Detect() {
    image_.format = ImageInput::Format::kRawRgb;
    image_.bytes = pixels_;
    image_.width = 128;
    image_.height = 96;
    absl::StatusOr<DetectResult> got = absl::UnknownError("never ended");
    Start(vitdet_->Detect(runner_, context_, image_, options_),
          [&](absl::StatusOr<DetectResult> result) { got = std::move(result); });
    runner_.Drain();
    return got;
  }

  ManualClock clock_;
  RequestContext context_{clock_, absl::UnixEpoch() + absl::Seconds(5)};
  ScriptedRunner runner_;
  std::optional<VitDet> vitdet_;
  const std::string pixels_ = std::string(128 * 96 * 3, 'x');
  ImageInput image_;
  DetectOptions options_;
  float rpn_delta_ = 0;
  float logits_[3] = {1, 3, 0};
};

TEST_F(VitDetTest, FindsTheObjectInPixelsOfThePicture) {
  const auto result = Detect();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(runner_.stages, ElementsAre("backbone", "rpn", "roi_bbox", "roi_mask"));
  EXPECT_EQ(result->image_width, 128);
  EXPECT_EQ(result->image_height, 96);
  EXPECT_EQ(result->raw_count, 2);
  ASSERT_EQ(result->detections.size(), 2U);
  const Detection& best = result->detections[0];
  EXPECT_EQ(best.label, 1);
  EXPECT_FLOAT_EQ(best.box.x1, 32);  // 16 in the frame, which is half as large
  EXPECT_FLOAT_EQ(best.box.y2, 64);
  const auto runs = FromRleText(best.mask.bytes);
  ASSERT_TRUE(runs.ok());
  const auto mask = PixelsOfRuns(*runs, 128, 96);
  ASSERT_TRUE(mask.ok());
  EXPECT_EQ((*mask)[48 * 128 + 48], 1);
  EXPECT_EQ((*mask)[48 * 128 + 70], 0);
}

TEST_F(VitDetTest, TimesEachHostStep) {
  ASSERT_TRUE(Detect().ok());
  std::vector<std::string> steps;
  for (const StageTiming& timing : context_.timings()) steps.push_back(timing.stage);
  EXPECT_THAT(steps, ElementsAre("decode", "preprocess", "proposals", "roi_align", "boxes",
                                 "roi_align", "masks"));
}

TEST_F(VitDetTest, NoProposalsRunNoRoiStage) {
  rpn_delta_ = 1e6F;  // every box ends outside the frame
  const auto result = Detect();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_TRUE(result->detections.empty());
  EXPECT_EQ(result->raw_count, 0);
  EXPECT_EQ(result->image_width, 128);
  EXPECT_THAT(runner_.stages, ElementsAre("backbone", "rpn"));
}

TEST_F(VitDetTest, NoDetectionsRunNoMaskStage) {
  logits_[2] = 30;  // background
  const auto result = Detect();
  ASSERT_TRUE(result.ok());
  EXPECT_TRUE(result->detections.empty());
  EXPECT_THAT(runner_.stages, ElementsAre("backbone", "rpn", "roi_bbox"));
}

TEST_F(VitDetTest, OnlyTheDetectionsThatAreGivenBackCostAMask) {
  options_.score_threshold = 0.5F;
  auto result = Detect();
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->raw_count, 2);
  EXPECT_EQ(result->after_dedup, 2);
  EXPECT_EQ(result->detections.size(), 1U);
  EXPECT_EQ(runner_.items.back(), 1);
  options_.score_threshold = 0;
  options_.max_detections = 1;
  result = Detect();
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->detections.size(), 1U);
  EXPECT_EQ(runner_.items.back(), 1);
}

TEST_F(VitDetTest, NoMasksWhenNoneAreAskedFor) {
  options_.mask_form = MaskForm::kNone;
  const auto result = Detect();
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->detections.size(), 2U);
  EXPECT_EQ(runner_.stages.back(), "roi_bbox");
}

TEST_F(VitDetTest, GivesPngAndPolygonMasks) {
  options_.mask_form = MaskForm::kPng;
  auto result = Detect();
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->detections[0].mask.bytes.substr(1, 3), "PNG");
  options_.mask_form = MaskForm::kPolygon;
  result = Detect();
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->detections[0].mask.polygons.size(), 1U);
}

// As a runner with a limit does: the last item does not run.
StageResult WithoutTheLast(const StageCall& call, const std::vector<Shape>& rows) {
  StageResult result;
  result.items_cut = 1;
  for (Shape shape : rows) {
    shape.insert(shape.begin(), call.items - 1);
    result.outputs.push_back(OnHost(Constant(shape, 20)));
  }
  return result;
}

TEST_F(VitDetTest, SaysWhatWasCut) {
  runner_.answers["roi_mask"] = [](const StageCall& call) -> absl::StatusOr<StageResult> {
    return WithoutTheLast(call, {{2, 28, 28}});
  };
  auto result = Detect();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->proposals_cut, 0);
  EXPECT_EQ(result->masks_cut, 1);
  ASSERT_EQ(result->detections.size(), 2U);
  EXPECT_EQ(result->detections[0].mask.form, MaskForm::kRle);
  EXPECT_EQ(result->detections[1].mask.form, MaskForm::kNone);

  runner_.answers["roi_bbox"] = [](const StageCall& call) -> absl::StatusOr<StageResult> {
    return WithoutTheLast(call, {{3}, {8}});
  };
  result = Detect();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->proposals_cut, 1);
  EXPECT_TRUE(result->detections.empty()) << "the one proposal was cut";
}

TEST_F(VitDetTest, MoreCutThanThereWasIsAnError) {
  runner_.answers["roi_bbox"] = [](const StageCall& call) -> absl::StatusOr<StageResult> {
    StageResult result = WithoutTheLast(call, {{3}, {8}});
    result.items_cut = 2;
    return result;
  };
  EXPECT_EQ(Detect().status().code(), absl::StatusCode::kInternal);
}

TEST_F(VitDetTest, ErrorsOfEachStageComeThrough) {
  for (const char* stage : {"backbone", "rpn", "roi_bbox", "roi_mask"}) {
    const auto kept = runner_.answers[stage];
    runner_.answers[stage] = [](const StageCall&) -> absl::StatusOr<StageResult> {
      return absl::UnavailableError("planned");
    };
    EXPECT_EQ(Detect().status().code(), absl::StatusCode::kUnavailable) << stage;
    // The RPN is started behind the backbone; nothing else is after a failure.
    const std::string last = std::string(stage) == "backbone" ? "rpn" : stage;
    EXPECT_EQ(runner_.stages.back(), last);
    runner_.answers[stage] = [](const StageCall&) -> absl::StatusOr<StageResult> {
      StageResult result;  // the right number of outputs, in a shape that does not fit
      for (int i = 0; i < 6; ++i) result.outputs.push_back(OnHost(Constant({1, 1}, 0)));
      return result;
    };
    EXPECT_EQ(Detect().status().code(), absl::StatusCode::kInternal) << stage;
    runner_.answers[stage] = [](const StageCall&) -> absl::StatusOr<StageResult> {
      return StageResult();
    };
    EXPECT_EQ(Detect().status().code(), absl::StatusCode::kInternal) << stage;
    runner_.answers[stage] = kept;
  }
}

TEST_F(VitDetTest, StopsBetweenStagesWhenTheCallerHasGone) {
  runner_.before_answer = [this](const std::string& stage) {
    if (stage == "rpn") context_.Cancel();
  };
  EXPECT_EQ(Detect().status().code(), absl::StatusCode::kCancelled);
  EXPECT_THAT(runner_.stages, ElementsAre("backbone", "rpn"));
}

TEST_F(VitDetTest, StopsBetweenStagesWhenTheDeadlineHasPassed) {
  runner_.before_answer = [this](const std::string& stage) {
    if (stage == "roi_bbox") clock_.now += absl::Seconds(6);
  };
  EXPECT_EQ(Detect().status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(runner_.stages, ElementsAre("backbone", "rpn", "roi_bbox"));
}

TEST_F(VitDetTest, RefusesOptionsOutOfRangeBeforeAnyWork) {
  options_.score_threshold = std::nanf("");
  EXPECT_EQ(Detect().status().code(), absl::StatusCode::kInvalidArgument);
  options_.score_threshold = 0.5F;
  options_.max_detections = 0;
  EXPECT_EQ(Detect().status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(runner_.stages.empty());
}

TEST_F(VitDetTest, RefusesAConfigurationThatCannotWork) {
  VitDetConfig config;
  config.num_classes = 0;
  EXPECT_EQ(VitDet::Create(config).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/graphs/classify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <optional>
#include <string>

#include "tests/unit/pipelines/graphs/scripted_runner.h"

namespace omserve {
namespace {

using ::testing::HasSubstr;

ClassifyConfig Small() {
  ClassifyConfig config;
  config.stage = "resnet";
  config.input.width = 6;
  config.input.height = 8;
  config.input.resize_side = 8;
  config.num_classes = 3;
  config.top_k = 2;
  return config;
}

// Three classes with the logits 0, ln 2 and 0.
class ClassifyTest : public testing::Test {
 protected:
  ClassifyTest() {
    runner_.answers["resnet"] = [this](const StageCall& call) -> absl::StatusOr<StageResult> {
      input_ = call.inputs[0].host.shape();
      StageResult result;
      result.outputs.push_back(OnHost(Constant(output_, 0)));
      result.outputs[0].host.as<float>()[1] = value_;
      return result;
    };
  }

  absl::StatusOr<std::vector<ClassScore>> Run(int top_k = 2) {
    const absl::StatusOr<Classify> classify = Classify::Create(config_);
    if (!classify.ok()) return classify.status();
    image_.format = ImageInput::Format::kRawRgb;
    image_.bytes = pixels_;
    image_.width = 10;
    image_.height = 9;
    absl::StatusOr<std::vector<ClassScore>> got = absl::UnknownError("never ended");
    Start(classify->Run(runner_, context_, image_, {top_k}),
          [&](absl::StatusOr<std::vector<ClassScore>> result) { got = std::move(result); });
    runner_.Drain();
    return got;
  }

  ManualClock clock_;
  RequestContext context_{clock_, absl::UnixEpoch() + absl::Seconds(5)};
  ScriptedRunner runner_;
  ClassifyConfig config_ = Small();
  std::string pixels_ = std::string(10 * 9 * 3, 'x');
  ImageInput image_;
  Shape input_;
  Shape output_ = {1, 3};
  float value_ = std::log(2.0F);
};

TEST_F(ClassifyTest, RanksTheClassesOfAPicture) {
  const auto best = Run();
  ASSERT_TRUE(best.ok()) << best.status();
  EXPECT_EQ(input_, (Shape{1, 3, 8, 6}));
  ASSERT_EQ(best->size(), 2u);
  EXPECT_EQ((*best)[0].label, 1);
  EXPECT_FLOAT_EQ((*best)[0].score, 0.5F);
  EXPECT_EQ((*best)[1].label, 0);
  EXPECT_EQ(Run(100)->size(), 3u);
}

TEST_F(ClassifyTest, ProbabilitiesOfTheModelAreNotTouched) {
  config_.probabilities = true;
  value_ = 0.75F;
  const auto best = Run(1);
  ASSERT_TRUE(best.ok()) << best.status();
  EXPECT_EQ((*best)[0].score, 0.75F);
}

TEST_F(ClassifyTest, ScoresMayHaveTrailingOnes) {
  output_ = {1, 3, 1, 1};
  EXPECT_TRUE(Run().ok());
}

TEST_F(ClassifyTest, BadPicturesAndOptionsAreTheCallersFault) {
  EXPECT_EQ(Run(0).status().code(), absl::StatusCode::kInvalidArgument);
  pixels_.resize(10);
  EXPECT_EQ(Run().status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(runner_.stages.empty());
}

TEST_F(ClassifyTest, AnOutputOfAnotherSizeIsNot) {
  output_ = {1, 4};
  const auto best = Run();
  EXPECT_EQ(best.status().code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(best.status().message()), HasSubstr("stage resnet: the output is [1,4]"));
}

TEST_F(ClassifyTest, ErrorsOfTheStageComeThrough) {
  runner_.answers["resnet"] = [](const StageCall&) -> absl::StatusOr<StageResult> {
    return absl::ResourceExhaustedError("planned");
  };
  EXPECT_EQ(Run().status().code(), absl::StatusCode::kResourceExhausted);
  context_.Cancel();
  EXPECT_EQ(Run().status().code(), absl::StatusCode::kCancelled);
}

TEST_F(ClassifyTest, RefusesNumbersThatCannotWork) {
  const auto refused = [](auto change) {
    ClassifyConfig config = Small();
    change(config);
    return Classify::Create(config).status().code() == absl::StatusCode::kInvalidArgument;
  };
  EXPECT_FALSE(refused([](ClassifyConfig&) {}));
  EXPECT_TRUE(refused([](ClassifyConfig& c) { c.input.width = 0; }));
  EXPECT_TRUE(refused([](ClassifyConfig& c) { c.input.height = 100'000; }));
  EXPECT_TRUE(refused([](ClassifyConfig& c) { c.input.resize_side = 7; }));
  EXPECT_TRUE(refused([](ClassifyConfig& c) { c.input.std[1] = 0; }));
  EXPECT_TRUE(refused(
      [](ClassifyConfig& c) { c.input.mean[2] = std::numeric_limits<float>::quiet_NaN(); }));
  EXPECT_TRUE(refused([](ClassifyConfig& c) { c.input.divisor = 0; }));
  EXPECT_TRUE(refused([](ClassifyConfig& c) { c.num_classes = 0; }));
  EXPECT_TRUE(refused([](ClassifyConfig& c) { c.top_k = 0; }));
  EXPECT_TRUE(refused([](ClassifyConfig& c) { c.stage.clear(); }));
  EXPECT_TRUE(refused([](ClassifyConfig& c) { c.limits.max_pixels = 0; }));
}

}  // namespace
}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/graphs/internvit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <optional>

#include "tests/unit/pipelines/graphs/scripted_runner.h"

namespace omserve {
namespace {

using ::testing::ElementsAre;

// Three tokens of width two: the class token (1, 2), patches (3, 4) and (5, 8); three classes.
class InternVitTest : public testing::Test {
 protected:
  InternVitTest() {
    InternVitConfig config;
    config.image_size = 8;
    config.num_classes = 3;
    vit_.emplace(*InternVit::Create(config));
    runner_.answers["internvit"] = [this](const StageCall& call) -> absl::StatusOr<StageResult> {
      fetched_ = call.fetch;
      EXPECT_EQ(call.inputs[0].host.shape(), (Shape{1, 3, 8, 8}));
      StageResult result;
      result.outputs.push_back(OnHost(Constant({1, 3, 2}, 0)));
      const float hidden[] = {1, 2, 3, 4, 5, 8};
      std::copy(hidden, hidden + 6, result.outputs[0].host.as<float>().begin());
      result.outputs.push_back(OnHost(Constant({1, 3}, 0)));
      result.outputs[1].host.as<float>()[2] = std::log(2.0F);
      return result;
    };
  }

  absl::StatusOr<EmbedResult> Embed() {
    image_.format = ImageInput::Format::kRawRgb;
    image_.bytes = pixels_;
    image_.width = 10;
    image_.height = 9;
    absl::StatusOr<EmbedResult> got = absl::UnknownError("never ended");
    Start(vit_->Embed(runner_, context_, image_, options_),
          [&](absl::StatusOr<EmbedResult> result) { got = std::move(result); });
    runner_.Drain();
    return got;
  }

  ManualClock clock_;
  RequestContext context_{clock_, absl::UnixEpoch() + absl::Seconds(5)};
  ScriptedRunner runner_;
  std::optional<InternVit> vit_;
  const std::string pixels_ = std::string(10 * 9 * 3, 'x');
  ImageInput image_;
  EmbedOptions options_;
  std::vector<int> fetched_;
};

TEST_F(InternVitTest, GivesEachFeature) {
  auto result = Embed();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(result->features, ElementsAre(1, 2));
  EXPECT_THAT(fetched_, ElementsAre(0));  // the logits stay where they are
  options_.feature = EmbedFeature::kMean;
  EXPECT_THAT(Embed()->features, ElementsAre(4, 6));
  options_.feature = EmbedFeature::kClsMean;
  EXPECT_THAT(Embed()->features, ElementsAre(1, 2, 4, 6));
  options_.feature = EmbedFeature::kAllTokens;
  result = Embed();
  EXPECT_THAT(result->shape, ElementsAre(3, 2));
  EXPECT_THAT(result->features, ElementsAre(1, 2, 3, 4, 5, 8));
}

TEST_F(InternVitTest, RanksTheClasses) {
  options_.top_k = 2;
  const auto result = Embed();
  ASSERT_TRUE(result.ok());
  EXPECT_THAT(fetched_, ElementsAre(0, 1));
  ASSERT_EQ(result->top.size(), 2U);
  EXPECT_EQ(result->top[0].label, 2);
  EXPECT_FLOAT_EQ(result->top[0].score, 0.5F);
  EXPECT_EQ(result->top[1].label, 0);  // the lower index of two equal ones
  options_.top_k = 50;
  EXPECT_EQ(Embed()->top.size(), 3U);
}

TEST_F(InternVitTest, RefusesTopKOutOfRange) {
  options_.top_k = -1;
  EXPECT_EQ(Embed().status().code(), absl::StatusCode::kInvalidArgument);
  vit_.emplace(*InternVit::Create(InternVitConfig()));
  options_.top_k = 1;
  EXPECT_EQ(Embed().status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(runner_.stages.empty());
}

TEST_F(InternVitTest, ErrorsAndWrongShapesComeThrough) {
  runner_.answers["internvit"] = [](const StageCall&) -> absl::StatusOr<StageResult> {
    return absl::ResourceExhaustedError("planned");
  };
  EXPECT_EQ(Embed().status().code(), absl::StatusCode::kResourceExhausted);
  runner_.answers["internvit"] = [](const StageCall&) -> absl::StatusOr<StageResult> {
    StageResult result;
    result.outputs.push_back(OnHost(Constant({1, 6}, 0)));
    return result;
  };
  EXPECT_EQ(Embed().status().code(), absl::StatusCode::kInternal);
}

TEST_F(InternVitTest, StopsWhenTheCallerHasGoneOrThePictureIsBad) {
  context_.Cancel();
  EXPECT_EQ(Embed().status().code(), absl::StatusCode::kCancelled);
  EXPECT_TRUE(runner_.stages.empty());
  InternVitConfig config;
  config.std_rgb[0] = 0;
  EXPECT_EQ(InternVit::Create(config).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace omserve

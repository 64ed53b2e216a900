// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/request_checks.h"

#include <cmath>
#include <limits>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace omserve {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

void ExpectBad(const absl::Status& status, const std::string& start) {
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(std::string(status.message()), StartsWith(start));
}

v1::Image Raw(int width, int height, v1::RawPixels::Order order, size_t bytes) {
  v1::Image image;
  image.mutable_raw()->set_width(width);
  image.mutable_raw()->set_height(height);
  image.mutable_raw()->set_order(order);
  image.mutable_raw()->set_pixels(std::string(bytes, 'x'));
  return image;
}

TEST(CheckImageTest, PassesWhatIsRight) {
  v1::Image encoded;
  encoded.set_encoded("bytes");
  EXPECT_EQ(CheckImage(encoded, {})->format, ImageInput::Format::kEncoded);
  EXPECT_EQ(CheckImage(encoded, {})->bytes, "bytes");
  const v1::Image raw = Raw(4, 2, v1::RawPixels::ORDER_BGR, 24);
  const auto input = CheckImage(raw, {});
  ASSERT_TRUE(input.ok());
  EXPECT_EQ(input->format, ImageInput::Format::kRawBgr);
  EXPECT_EQ(input->width, 4);
  EXPECT_EQ(input->height, 2);
}

TEST(CheckImageTest, NamesTheField) {
  using Order = v1::RawPixels;
  const ImageLimits limits;
  v1::Image empty;
  ExpectBad(CheckImage(empty, limits).status(), "image: is missing");
  empty.set_encoded("");
  ExpectBad(CheckImage(empty, limits).status(), "image.encoded: is empty");
  const auto raw = [&](int width, int height, v1::RawPixels::Order order, size_t bytes) {
    const v1::Image image = Raw(width, height, order, bytes);
    return CheckImage(image, limits).status();
  };
  ExpectBad(raw(4, 2, Order::ORDER_UNSPECIFIED, 24), "image.raw.order: must be");
  ExpectBad(raw(4, 2, static_cast<Order::Order>(7), 24), "image.raw.order: 7 is not");
  ExpectBad(raw(0, 2, Order::ORDER_RGB, 24), "image.raw.width: 0");
  ExpectBad(raw(4, -2, Order::ORDER_RGB, 24), "image.raw.height: -2");
  ExpectBad(raw(1 << 30, 2, Order::ORDER_RGB, 24), "image.raw.width: 1073741824");
  ExpectBad(raw(16000, 16000, Order::ORDER_RGB, 24), "image.raw: 16000 x 16000 is more than");
  ExpectBad(raw(4, 2, Order::ORDER_RGB, 23), "image.raw.pixels: 23 bytes, but 4 x 2 x 3 needs 24");
}

TEST(CheckDetectOptionsTest, TakesDefaultsAndOverrides) {
  DetectOptions defaults;
  defaults.score_threshold = 0.4F;
  defaults.mask_form = MaskForm::kPng;
  v1::DetectRequest request;
  EXPECT_EQ(CheckDetectOptions(request, defaults)->score_threshold, 0.4F);
  EXPECT_EQ(CheckDetectOptions(request, defaults)->mask_form, MaskForm::kPng);
  request.set_score_threshold(0);
  request.set_max_detections(7);
  request.set_dedup(v1::DEDUP_POLICY_KEEP_TOP1_PER_LABEL);
  request.set_mask_form(v1::MASK_FORM_POLYGON);
  const auto options = CheckDetectOptions(request, defaults);
  ASSERT_TRUE(options.ok());
  EXPECT_EQ(options->score_threshold, 0.0F);
  EXPECT_EQ(options->max_detections, 7);
  EXPECT_EQ(options->dedup, DedupPolicy::kKeepTop1PerLabel);
  EXPECT_EQ(options->mask_form, MaskForm::kPolygon);
}

TEST(CheckDetectOptionsTest, NamesTheField) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), -0.1F, 1.1F,
                          std::numeric_limits<float>::infinity()}) {
    v1::DetectRequest request;
    request.set_score_threshold(bad);
    ExpectBad(CheckDetectOptions(request, {}).status(), "score_threshold: ");
  }
  for (const int bad : {0, -1, 1001}) {
    v1::DetectRequest request;
    request.set_max_detections(bad);
    ExpectBad(CheckDetectOptions(request, {}).status(), "max_detections: ");
  }
  v1::DetectRequest request;
  request.set_dedup(static_cast<v1::DedupPolicy>(9));
  ExpectBad(CheckDetectOptions(request, {}).status(), "dedup: 9 is not");
  request.Clear();
  request.set_mask_form(static_cast<v1::MaskForm>(9));
  ExpectBad(CheckDetectOptions(request, {}).status(), "mask_form: 9 is not");
}

TEST(CheckEmbedOptionsTest, ChecksFeatureAndTopK) {
  v1::EmbedRequest request;
  EXPECT_EQ(CheckEmbedOptions(request, 10)->feature, EmbedFeature::kCls);
  request.set_feature(v1::FEATURE_ALL_TOKENS);
  request.set_top_k(10);
  EXPECT_EQ(CheckEmbedOptions(request, 10)->feature, EmbedFeature::kAllTokens);
  EXPECT_EQ(CheckEmbedOptions(request, 10)->top_k, 10);
  request.set_top_k(11);
  ExpectBad(CheckEmbedOptions(request, 10).status(), "top_k: 11 is not between 0 and 10");
  request.set_top_k(-1);
  ExpectBad(CheckEmbedOptions(request, 10).status(), "top_k: -1");
  request.set_top_k(1);
  ExpectBad(CheckEmbedOptions(request, 0).status(), "top_k: 1");
  request.set_top_k(0);
  request.set_feature(static_cast<v1::Feature>(9));
  ExpectBad(CheckEmbedOptions(request, 10).status(), "feature: 9 is not");
}

TEST(CheckRequestIdTest, HasALimit) {
  EXPECT_TRUE(CheckRequestId(std::string(256, 'x')).ok());
  ExpectBad(CheckRequestId(std::string(257, 'x')), "request_id: 257 bytes");
}

}  // namespace
}  // namespace omserve

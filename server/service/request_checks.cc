// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/request_checks.h"

#include <string_view>

#include "absl/strings/str_cat.h"
#include "pipelines/base/status_macros.h"

namespace omserve {
namespace {

constexpr int kMaxDetections = 1000;
constexpr size_t kMaxRequestId = 256;

template <typename... Args>
absl::Status Bad(const Args&... args) {
  return absl::InvalidArgumentError(absl::StrCat(args...));
}

absl::Status UnknownEnum(std::string_view field, int value) {
  return Bad(std::string(field), ": ", value, " is not a known value");
}

absl::StatusOr<ImageInput> CheckRaw(const v1::RawPixels& raw, const ImageLimits& limits) {
  ImageInput input;
  switch (raw.order()) {
    case v1::RawPixels::ORDER_RGB:
      input.format = ImageInput::Format::kRawRgb;
      break;
    case v1::RawPixels::ORDER_BGR:
      input.format = ImageInput::Format::kRawBgr;
      break;
    case v1::RawPixels::ORDER_UNSPECIFIED:
      return Bad("image.raw.order: must be ORDER_RGB or ORDER_BGR");
    default:
      return UnknownEnum("image.raw.order", raw.order());
  }
  const int64_t width = raw.width();
  const int64_t height = raw.height();
  if (width < 1 || width > limits.max_side) {
    return Bad("image.raw.width: ", width, " is not between 1 and ", limits.max_side);
  }
  if (height < 1 || height > limits.max_side) {
    return Bad("image.raw.height: ", height, " is not between 1 and ", limits.max_side);
  }
  if (width * height > limits.max_pixels) {
    return Bad("image.raw: ", width, " x ", height, " is more than ", limits.max_pixels, " pixels");
  }
  const auto bytes = static_cast<int64_t>(raw.pixels().size());
  if (bytes != width * height * 3) {
    return Bad("image.raw.pixels: ", bytes, " bytes, but ", width, " x ", height, " x 3 needs ",
               width * height * 3);
  }
  input.bytes = raw.pixels();
  input.width = raw.width();
  input.height = raw.height();
  return input;
}

}  // namespace

absl::StatusOr<ImageInput> CheckImage(const v1::Image& message, const ImageLimits& limits) {
  switch (message.data_case()) {
    case v1::Image::kRaw:
      return CheckRaw(message.raw(), limits);
    case v1::Image::kEncoded: {
      if (message.encoded().empty()) return Bad("image.encoded: is empty");
      ImageInput input;
      input.bytes = message.encoded();
      return input;
    }
    case v1::Image::DATA_NOT_SET:
      break;
  }
  return Bad("image: is missing; set image.encoded or image.raw");
}

absl::StatusOr<DetectOptions> CheckDetectOptions(const v1::DetectRequest& request,
                                                 const DetectOptions& defaults) {
  DetectOptions options = defaults;
  if (request.has_score_threshold()) {
    const float threshold = request.score_threshold();
    // Written so that NaN fails.
    if (!(threshold >= 0.0F && threshold <= 1.0F)) {
      return Bad("score_threshold: ", threshold, " is not between 0 and 1");
    }
    options.score_threshold = threshold;
  }
  if (request.has_max_detections()) {
    if (request.max_detections() < 1 || request.max_detections() > kMaxDetections) {
      return Bad("max_detections: ", request.max_detections(), " is not between 1 and ",
                 kMaxDetections);
    }
    options.max_detections = request.max_detections();
  }
  switch (request.dedup()) {
    case v1::DEDUP_POLICY_UNSPECIFIED:
      break;
    case v1::DEDUP_POLICY_NONE:
      options.dedup = DedupPolicy::kNone;
      break;
    case v1::DEDUP_POLICY_KEEP_TOP1_PER_LABEL:
      options.dedup = DedupPolicy::kKeepTop1PerLabel;
      break;
    default:
      return UnknownEnum("dedup", request.dedup());
  }
  switch (request.mask_form()) {
    case v1::MASK_FORM_UNSPECIFIED:
      break;
    case v1::MASK_FORM_NONE:
      options.mask_form = MaskForm::kNone;
      break;
    case v1::MASK_FORM_RLE:
      options.mask_form = MaskForm::kRle;
      break;
    case v1::MASK_FORM_PNG:
      options.mask_form = MaskForm::kPng;
      break;
    case v1::MASK_FORM_POLYGON:
      options.mask_form = MaskForm::kPolygon;
      break;
    default:
      return UnknownEnum("mask_form", request.mask_form());
  }
  return options;
}

absl::StatusOr<EmbedOptions> CheckEmbedOptions(const v1::EmbedRequest& request, int num_classes) {
  EmbedOptions options;
  switch (request.feature()) {
    case v1::FEATURE_UNSPECIFIED:
    case v1::FEATURE_CLS:
      options.feature = EmbedFeature::kCls;
      break;
    case v1::FEATURE_MEAN:
      options.feature = EmbedFeature::kMean;
      break;
    case v1::FEATURE_CLS_MEAN:
      options.feature = EmbedFeature::kClsMean;
      break;
    case v1::FEATURE_ALL_TOKENS:
      options.feature = EmbedFeature::kAllTokens;
      break;
    default:
      return UnknownEnum("feature", request.feature());
  }
  if (request.top_k() < 0 || request.top_k() > num_classes) {
    return Bad("top_k: ", request.top_k(), " is not between 0 and ", num_classes,
               num_classes == 0 ? " (the model has no classes)" : "");
  }
  options.top_k = request.top_k();
  return options;
}

absl::StatusOr<ClassifyOptions> CheckClassifyOptions(const v1::EmbedRequest& request,
                                                     const ClassifyConfig& config) {
  // What clients say that were asked for nothing is fine.
  if (request.feature() != v1::FEATURE_UNSPECIFIED && request.feature() != v1::FEATURE_CLS) {
    return Bad("feature: the model is a classifier and has none");
  }
  if (request.top_k() < 0 || request.top_k() > config.num_classes) {
    return Bad("top_k: ", request.top_k(), " is not between 0 and ", config.num_classes);
  }
  return ClassifyOptions{request.top_k() > 0 ? request.top_k() : config.top_k};
}

absl::Status CheckRequestId(std::string_view request_id) {
  if (request_id.size() <= kMaxRequestId) return absl::OkStatus();
  return Bad("request_id: ", request_id.size(), " bytes, but ", kMaxRequestId, " are the most");
}

}  // namespace omserve

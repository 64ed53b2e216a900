// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/registry/classify_manifest.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "pipelines/base/status_macros.h"

namespace omserve {
namespace {

using Input = ClassifierInputOptions;

absl::Status Bad(std::string_view field, std::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat("classify.", std::string(field), ": ", std::string(what)));
}

// Takes 'value' when it is set; it must lie in (0, high] then.
template <typename T>
absl::Status Take(std::string_view field, T value, T high, T& to) {
  if (value == T{0}) return absl::OkStatus();
  if (!(value > T{0} && value <= high)) {
    return Bad(field, absl::StrCat(value, " is not between 0 and ", high));
  }
  to = value;
  return absl::OkStatus();
}

// Whether it is the second of two words; absent is the first.
absl::Status TakeWord(std::string_view field, const std::string& word, std::string_view first,
                      std::string_view second, bool& is_second) {
  is_second = word == second;
  if (is_second || word.empty() || word == first) return absl::OkStatus();
  return Bad(field,
             absl::StrCat("'", word, "' is not ", std::string(first), " or ", std::string(second)));
}

template <typename Repeated>
absl::Status TakeChannels(std::string_view field, const Repeated& values,
                          std::array<float, 3>& to) {
  if (values.empty()) return absl::OkStatus();
  if (values.size() != 3) return Bad(field, absl::StrCat(values.size(), " numbers, not 3"));
  std::copy(values.begin(), values.end(), to.begin());
  return absl::OkStatus();
}

absl::Status TakeInput(const v1::ClassifyManifest& manifest, Input& input) {
  constexpr int kMostSide = 8192;
  OMSERVE_RETURN_IF_ERROR(Take("width", manifest.width(), kMostSide, input.width));
  OMSERVE_RETURN_IF_ERROR(Take("height", manifest.height(), kMostSide, input.height));
  bool second = false;
  OMSERVE_RETURN_IF_ERROR(TakeWord("fit", manifest.fit(), "crop", "stretch", second));
  input.fit = second ? Input::Fit::kStretch : Input::Fit::kCrop;
  if (second && manifest.resize_side() != 0) {
    return Bad("resize_side", "is of fit: 'crop' only");
  }
  input.resize_side = std::max(input.width, input.height);
  OMSERVE_RETURN_IF_ERROR(
      Take("resize_side", manifest.resize_side(), kMostSide, input.resize_side));
  OMSERVE_RETURN_IF_ERROR(TakeWord("filter", manifest.filter(), "bilinear", "bicubic", second));
  input.filter = second ? Input::Filter::kPillowBicubic : Input::Filter::kPillowBilinear;
  OMSERVE_RETURN_IF_ERROR(TakeWord("channels", manifest.channels(), "rgb", "bgr", second));
  input.channels = second ? ChannelOrder::kBgr : ChannelOrder::kRgb;
  input.raw_pixels = manifest.raw_pixels();
  if (input.raw_pixels &&
      (manifest.divisor() != 0 || !manifest.mean().empty() || !manifest.std().empty())) {
    return Bad("raw_pixels", "the model normalises by itself; take divisor, mean and std out");
  }
  OMSERVE_RETURN_IF_ERROR(Take("divisor", manifest.divisor(), 65535.0F, input.divisor));
  OMSERVE_RETURN_IF_ERROR(TakeChannels("mean", manifest.mean(), input.mean));
  return TakeChannels("std", manifest.std(), input.std);
}

}  // namespace

absl::StatusOr<ClassifyConfig> MakeClassifyConfig(const v1::PipelineManifest& manifest,
                                                  size_t labels) {
  constexpr int kMostClasses = 1'000'000;
  const v1::ClassifyManifest& classify = manifest.classify();
  ClassifyConfig config;
  config.stage = manifest.stages(0).name();
  OMSERVE_RETURN_IF_ERROR(TakeInput(classify, config.input));
  config.num_classes = static_cast<int>(std::min<size_t>(labels, kMostClasses));
  OMSERVE_RETURN_IF_ERROR(
      Take("num_classes", classify.num_classes(), kMostClasses, config.num_classes));
  if (config.num_classes == 0) {
    return Bad("num_classes", "must be set, or a labels_file that tells it");
  }
  config.probabilities = classify.probabilities();
  config.top_k = std::min(config.top_k, config.num_classes);
  OMSERVE_RETURN_IF_ERROR(Take("top_k", classify.top_k(), config.num_classes, config.top_k));
  return config;
}

absl::Status CheckClassifyStage(const ClassifyConfig& config, const LoadedStage& stage) {
  const ModelInfo& info = stage.info();
  const Input& input = config.input;
  const auto wrong = [&](const auto&... text) {
    return absl::FailedPreconditionError(
        absl::StrCat("stage ", stage.spec.name, ": ", stage.spec.om_path, ": ", text...));
  };
  if (info.inputs.size() != 1 || info.outputs.size() != 1) {
    return wrong("a classifier has one input and one output; this model has ", info.inputs.size(),
                 " and ", info.outputs.size(), "; serve it as tensor { }");
  }
  const Shape want = input.raw_pixels ? Shape{info.max_gear(), input.height, input.width, 3}
                                      : Shape{info.max_gear(), 3, input.height, input.width};
  const DType dtype = input.raw_pixels ? DType::kUint8 : DType::kFloat32;
  const ModelTensor& pictures = info.inputs[0];
  if (pictures.shape != want || pictures.dtype != dtype) {
    return wrong("its input is ", DTypeName(pictures.dtype), " ", ShapeString(pictures.shape),
                 ", the manifest's is ", DTypeName(dtype), " ", ShapeString(want),
                 "; change classify.width, height or raw_pixels");
  }
  const ModelTensor& logits = info.outputs[0];
  const bool real = logits.dtype == DType::kFloat32 || logits.dtype == DType::kFloat16;
  if (!real || NumElements(logits.shape) != int64_t{info.max_gear()} * config.num_classes) {
    return wrong("its output is ", DTypeName(logits.dtype), " ", ShapeString(logits.shape),
                 ", not the scores of ", config.num_classes,
                 " classes; change labels_file or classify.num_classes");
  }
  return absl::OkStatus();
}

}  // namespace omserve

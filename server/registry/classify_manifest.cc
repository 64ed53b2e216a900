// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/registry/classify_manifest.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "pipelines/base/status_macros.h"
#include "server/registry/manifest_fields.h"

namespace omserve {
namespace {

using Input = ClassifierInputOptions;

absl::Status TakeInput(const v1::ClassifyManifest& manifest, Input& input) {
  const ManifestFields fields("classify");
  constexpr int kMostSide = 8192;
  OMSERVE_RETURN_IF_ERROR(fields.Take("width", manifest.width(), kMostSide, input.width));
  OMSERVE_RETURN_IF_ERROR(fields.Take("height", manifest.height(), kMostSide, input.height));
  OMSERVE_RETURN_IF_ERROR(fields.TakeWord("fit", manifest.fit(), {"crop", "stretch"}, input.fit));
  if (input.fit == Input::Fit::kStretch && manifest.resize_side() != 0) {
    return fields.Bad("resize_side", "is of fit: 'crop' only");
  }
  input.resize_side = std::max(input.width, input.height);
  OMSERVE_RETURN_IF_ERROR(
      fields.Take("resize_side", manifest.resize_side(), kMostSide, input.resize_side));
  OMSERVE_RETURN_IF_ERROR(
      fields.TakeWord("filter", manifest.filter(), {"bilinear", "bicubic"}, input.filter));
  OMSERVE_RETURN_IF_ERROR(
      fields.TakeWord("channels", manifest.channels(), {"rgb", "bgr"}, input.channels));
  input.raw_pixels = manifest.raw_pixels();
  if (input.raw_pixels &&
      (manifest.divisor() != 0 || !manifest.mean().empty() || !manifest.std().empty())) {
    return fields.Bad("raw_pixels",
                      "the model normalises by itself; take divisor, mean and std out");
  }
  OMSERVE_RETURN_IF_ERROR(fields.Take("divisor", manifest.divisor(), 65535.0F, input.divisor));
  OMSERVE_RETURN_IF_ERROR(fields.TakeChannels("mean", manifest.mean(), input.mean));
  return fields.TakeChannels("std", manifest.std(), input.std);
}

}  // namespace

absl::StatusOr<ClassifyConfig> MakeClassifyConfig(const v1::PipelineManifest& manifest,
                                                  size_t labels) {
  const ManifestFields fields("classify");
  constexpr int kMostClasses = 1'000'000;
  const v1::ClassifyManifest& classify = manifest.classify();
  ClassifyConfig config;
  config.stage = manifest.stages(0).name();
  OMSERVE_RETURN_IF_ERROR(TakeInput(classify, config.input));
  config.num_classes = static_cast<int>(std::min<size_t>(labels, kMostClasses));
  OMSERVE_RETURN_IF_ERROR(
      fields.Take("num_classes", classify.num_classes(), kMostClasses, config.num_classes));
  if (config.num_classes == 0) {
    return fields.Bad("num_classes", "must be set, or a labels_file that tells it");
  }
  config.probabilities = classify.probabilities();
  config.top_k = std::min(config.top_k, config.num_classes);
  OMSERVE_RETURN_IF_ERROR(fields.Take("top_k", classify.top_k(), config.num_classes, config.top_k));
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

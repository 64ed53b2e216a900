// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/graphs/internvit.h"

#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "pipelines/base/status_macros.h"
#include "pipelines/graphs/stage_output.h"
#include "pipelines/image/decode.h"
#include "pipelines/image/letterbox.h"
#include "pipelines/steps/softmax_top_k.h"

namespace omserve {
namespace {

constexpr std::string_view kStage = "internvit";
constexpr int kHidden = 0;  // output last_hidden_state
constexpr int kLogits = 1;  // output logits

absl::Status CheckEmbedOptions(const EmbedOptions& options, int num_classes) {
  if (options.top_k < 0) return absl::InvalidArgumentError("top_k must be 0 or more");
  if (options.top_k > 0 && num_classes == 0) {
    return absl::InvalidArgumentError("top_k must be 0: this model has no classes");
  }
  return absl::OkStatus();
}

absl::StatusOr<HostTensor> Preprocess(const InternVitConfig& config, const Picture& picture,
                                      RequestContext& context, TensorAllocator& allocator) {
  HostTimer timer(context, "preprocess");
  CenterCropOptions options;
  options.size = config.image_size;
  options.mean_rgb = config.mean_rgb;
  options.std_rgb = config.std_rgb;
  return PreprocessInternVit(picture, options, allocator);
}

// Adds the mean of the patch tokens, which are all but the first, to 'features'.
void AppendPatchMean(std::span<const float> hidden, size_t width, std::vector<float>& features) {
  const size_t patches = hidden.size() / width - 1;
  std::vector<double> sum(width, 0.0);
  for (size_t token = 1; token <= patches; ++token) {
    for (size_t i = 0; i < width; ++i) sum[i] += static_cast<double>(hidden[token * width + i]);
  }
  for (const double value : sum) {
    features.push_back(static_cast<float>(value / static_cast<double>(patches)));
  }
}

absl::Status FillFeatures(const HostTensor& hidden, EmbedFeature feature, EmbedResult& result) {
  if (hidden.shape().size() != 3 || hidden.dim(0) < 1 || hidden.dim(1) < 2 || hidden.dim(2) < 1) {
    return absl::InternalError(
        absl::StrCat("the features are ", ShapeString(hidden.shape()), ", not [N,T,W]"));
  }
  const auto width = static_cast<size_t>(hidden.dim(2));
  const auto item = hidden.as<float>().first(static_cast<size_t>(hidden.dim(1)) * width);
  if (feature == EmbedFeature::kAllTokens) {
    result.features.assign(item.begin(), item.end());
    result.shape = {hidden.dim(1), hidden.dim(2)};
    return absl::OkStatus();
  }
  if (feature != EmbedFeature::kMean) {
    result.features.assign(item.begin(), item.begin() + static_cast<std::ptrdiff_t>(width));
  }
  if (feature != EmbedFeature::kCls) AppendPatchMean(item, width, result.features);
  result.shape = {static_cast<int64_t>(result.features.size())};
  return absl::OkStatus();
}

absl::Status FillTop(const HostTensor& logits, int num_classes, int top_k, EmbedResult& result) {
  if (logits.shape().size() != 2 || logits.dim(0) < 1 || logits.dim(1) != num_classes) {
    return absl::InternalError(absl::StrCat("the logits are ", ShapeString(logits.shape()),
                                            ", not [N,", num_classes, "]"));
  }
  const auto values = logits.as<float>().first(static_cast<size_t>(num_classes));
  result.top = SoftmaxTopK(values, top_k);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<InternVit> InternVit::Create(InternVitConfig config) {
  if (config.image_size < 1 || config.image_size > 16384) {
    return absl::InvalidArgumentError("image_size must be between 1 and 16384");
  }
  for (const float std : config.std_rgb) {
    if (!(std > 0)) return absl::InvalidArgumentError("std_rgb must be positive");
  }
  if (config.num_classes < 0) return absl::InvalidArgumentError("num_classes must be 0 or more");
  if (config.limits.max_pixels < 1) {
    return absl::InvalidArgumentError("limits.max_pixels must be 1 or more");
  }
  if (config.limits.max_side < 1) {
    return absl::InvalidArgumentError("limits.max_side must be 1 or more");
  }
  return InternVit(std::move(config));
}

Task<absl::StatusOr<EmbedResult>> InternVit::Embed(ModelRunner& runner, RequestContext& context,
                                                   ImageInput image, EmbedOptions options) const {
  OMSERVE_CO_RETURN_IF_ERROR(CheckEmbedOptions(options, config_.num_classes));
  OMSERVE_CO_RETURN_IF_ERROR(context.Check());

  HostTimer decoding(context, "decode");
  OMSERVE_CO_ASSIGN_OR_RETURN(const Picture picture,
                              Decode(image, config_.limits, Orientation::kIgnoreExif));
  decoding.Stop();
  StageTensor pixels;
  OMSERVE_CO_ASSIGN_OR_RETURN(pixels.host,
                              Preprocess(config_, picture, context, runner.allocator()));
  OMSERVE_CO_RETURN_IF_ERROR(context.Check());

  StageCall call;
  call.stage = kStage;
  call.items = 1;
  call.inputs.push_back(std::move(pixels));
  call.fetch.push_back(kHidden);
  if (options.top_k > 0) call.fetch.push_back(kLogits);
  OMSERVE_CO_ASSIGN_OR_RETURN(const StageResult outputs,
                              co_await runner.Run(std::move(call), context));

  HostTimer pooling(context, "features");
  EmbedResult result;
  OMSERVE_CO_ASSIGN_OR_RETURN(const auto hidden, FetchedOutputs(outputs, kStage, kHidden, 1));
  const absl::Status filled = FillFeatures(hidden[0], options.feature, result);
  if (!filled.ok()) co_return StageError(kStage, filled);
  if (options.top_k > 0) {
    OMSERVE_CO_ASSIGN_OR_RETURN(const auto logits, FetchedOutputs(outputs, kStage, kLogits, 1));
    const absl::Status ranked = FillTop(logits[0], config_.num_classes, options.top_k, result);
    if (!ranked.ok()) co_return StageError(kStage, ranked);
  }
  co_return result;
}

}  // namespace omserve

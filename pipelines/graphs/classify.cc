// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/graphs/classify.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "absl/strings/str_cat.h"
#include "pipelines/base/status_macros.h"
#include "pipelines/graphs/stage_output.h"
#include "pipelines/image/decode.h"
#include "pipelines/steps/topk.h"

namespace omserve {
namespace {

constexpr int kLogits = 0;  // the one output
constexpr int kMaxSide = 8192;

// The row of the one picture.
absl::StatusOr<std::span<const float>> RowOf(const HostTensor& logits, int num_classes) {
  if (logits.rows() != 1 || logits.elements() != num_classes) {
    return absl::InternalError(
        absl::StrCat("the output is ", ShapeString(logits.shape()), ", not [1,", num_classes, "]"));
  }
  return logits.as<float>();
}

std::vector<ClassScore> Best(std::span<const float> probabilities, int k) {
  std::vector<ClassScore> best;
  for (const uint32_t label : TopK(probabilities, k)) {
    best.push_back({static_cast<int>(label), probabilities[label]});
  }
  return best;
}

absl::Status CheckInput(const ClassifierInputOptions& input) {
  if (input.width < 1 || input.width > kMaxSide || input.height < 1 || input.height > kMaxSide) {
    return absl::InvalidArgumentError(
        absl::StrCat("the input must be 1 to ", kMaxSide, " pixels wide and high"));
  }
  if (input.fit == ClassifierInputOptions::Fit::kCrop &&
      (input.resize_side < std::max(input.width, input.height) || input.resize_side > kMaxSide)) {
    return absl::InvalidArgumentError(absl::StrCat("resize_side: ", input.resize_side,
                                                   " must not be below the input's ", input.width,
                                                   " x ", input.height, ", nor above ", kMaxSide));
  }
  // Written so that NaN fails.
  if (!(input.divisor > 0)) return absl::InvalidArgumentError("divisor must be above 0");
  for (const float mean : input.mean) {
    if (!std::isfinite(mean)) return absl::InvalidArgumentError("mean must be finite");
  }
  for (const float std : input.std) {
    if (!(std > 0)) return absl::InvalidArgumentError("std must be above 0");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Classify> Classify::Create(ClassifyConfig config) {
  OMSERVE_RETURN_IF_ERROR(CheckInput(config.input));
  if (config.stage.empty()) return absl::InvalidArgumentError("the stage must have a name");
  if (config.num_classes < 1) return absl::InvalidArgumentError("num_classes must be 1 or more");
  if (config.top_k < 1) return absl::InvalidArgumentError("top_k must be 1 or more");
  if (config.limits.max_pixels < 1 || config.limits.max_side < 1) {
    return absl::InvalidArgumentError("the limits of pictures must be 1 or more");
  }
  return Classify(std::move(config));
}

Task<absl::StatusOr<std::vector<ClassScore>>> Classify::Run(ModelRunner& runner,
                                                            RequestContext& context,
                                                            ImageInput image,
                                                            ClassifyOptions options) const {
  if (options.top_k < 1) co_return absl::InvalidArgumentError("top_k must be 1 or more");
  OMSERVE_CO_RETURN_IF_ERROR(context.Check());

  // picture = PIL.Image.open(file).convert("RGB")
  HostTimer decoding(context, "decode");
  OMSERVE_CO_ASSIGN_OR_RETURN(const Picture picture,
                              Decode(image, config_.limits, Orientation::kIgnoreExif));
  decoding.Stop();

  // x = normalise(center_crop(resize(picture)))
  HostTimer preprocessing(context, "preprocess");
  StageTensor pixels;
  OMSERVE_CO_ASSIGN_OR_RETURN(pixels.host,
                              PreprocessClassifier(picture, config_.input, runner.allocator()));
  preprocessing.Stop();
  OMSERVE_CO_RETURN_IF_ERROR(context.Check());

  // logits = model(x)
  StageCall call;
  call.stage = config_.stage;
  call.items = 1;
  call.inputs.push_back(std::move(pixels));
  call.fetch.push_back(kLogits);
  OMSERVE_CO_ASSIGN_OR_RETURN(const StageResult outputs,
                              co_await runner.Run(std::move(call), context));

  // scores, labels = softmax(logits).topk(k)
  HostTimer ranking(context, "top_k");
  OMSERVE_CO_ASSIGN_OR_RETURN(const auto logits,
                              FetchedOutputs(outputs, config_.stage, kLogits, 1));
  const auto row = RowOf(logits[0], config_.num_classes);
  if (!row.ok()) co_return StageError(config_.stage, row.status());
  co_return config_.probabilities ? Best(*row, options.top_k) : SoftmaxTopK(*row, options.top_k);
}

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "omserve/v1/vision.pb.h"
#include "pipelines/base/status_macros.h"
#include "pipelines/graphs/classify.h"
#include "pipelines/graphs/internvit.h"
#include "pipelines/graphs/vitdet.h"
#include "pipelines/image/decoded_size.h"
#include "server/service/answer_conversion.h"
#include "server/service/request_checks.h"

namespace omserve {

// What Detect and Embed do differently; the parameter of RequestRun and UnaryCall.

// A method that one kind of pipeline serves, and that begins with work for a host worker.
template <typename PipelineType>
struct PipelineMethod {
  using Pipeline = PipelineType;
  // Whether the caller's thread may begin: only when that takes no time to speak of.
  static constexpr bool kBeginsAtOnce = false;

  template <typename Request>
  static absl::StatusOr<ModelPin> Find(const ModelCatalog& catalog, const Request& request) {
    return catalog.Find<Pipeline>(request.model(), request.version());
  }
  static const Pipeline& Of(const ServedModel& model) { return std::get<Pipeline>(model.pipeline); }
};

// A method that takes one picture.
struct OneImage {
  using Input = ImageInput;
  template <typename Request>
  static absl::StatusOr<Input> CheckInput(const Request& request, const ServedModel& model) {
    return CheckImage(request.image(), model.limits);
  }
  // Host memory for it, decoded too.
  static absl::StatusOr<int64_t> InputBytes(const Input& image, const ServedModel& model) {
    OMSERVE_ASSIGN_OR_RETURN(const int64_t decoded, DecodedSize(image, model.limits));
    return static_cast<int64_t>(image.bytes.size()) + decoded;
  }
};

struct DetectMethod : PipelineMethod<VitDet>, OneImage {
  using Request = v1::DetectRequest;
  using Response = v1::DetectResponse;
  using Options = DetectOptions;
  using Result = DetectResult;
  static constexpr std::string_view kName = "Detect";

  static absl::StatusOr<Options> CheckOptions(const Request& request, const ServedModel& model) {
    return CheckDetectOptions(request, Of(model).config().defaults);
  }
  static const RequestMetrics& Metrics(const ServedModel& model, const Request& /*request*/) {
    return model.metrics;
  }
  static Task<absl::StatusOr<Result>> Run(const ServedModel& model, RequestContext& context,
                                          const ImageInput& image, const Options& options) {
    return Of(model).Detect(*model.runner, context, image, options);
  }
  static void Convert(Result result, const ServedModel& model, Response& out) {
    ConvertDetections(std::move(result), model, out);
  }
};

// A frame of a DetectStream: Detect, counted as a method of its own.
struct DetectFrameMethod : DetectMethod {
  static constexpr std::string_view kName = "DetectStream";
  static const RequestMetrics& Metrics(const ServedModel& model, const Request& /*request*/) {
    return model.frame_metrics;
  }
};

struct EmbedMethod : PipelineMethod<InternVit>, OneImage {
  using Request = v1::EmbedRequest;
  using Response = v1::EmbedResponse;
  using Options = EmbedOptions;
  using Result = EmbedResult;
  static constexpr std::string_view kName = "Embed";

  static absl::StatusOr<Options> CheckOptions(const Request& request, const ServedModel& model) {
    return CheckEmbedOptions(request, Of(model).config().num_classes);
  }
  static const RequestMetrics& Metrics(const ServedModel& model, const Request& /*request*/) {
    return model.metrics;
  }
  static Task<absl::StatusOr<Result>> Run(const ServedModel& model, RequestContext& context,
                                          const ImageInput& image, const Options& options) {
    return Of(model).Embed(*model.runner, context, image, options);
  }
  static void Convert(Result result, const ServedModel& model, Response& out) {
    ConvertFeatures(std::move(result), model, out);
  }
};

// Embed of a classifier: classes and no features.
struct ClassifyMethod : PipelineMethod<Classify>, OneImage {
  using Request = v1::EmbedRequest;
  using Response = v1::EmbedResponse;
  using Options = ClassifyOptions;
  using Result = std::vector<ClassScore>;
  static constexpr std::string_view kName = "Embed";

  static absl::StatusOr<Options> CheckOptions(const Request& request, const ServedModel& model) {
    return CheckClassifyOptions(request, Of(model).config());
  }
  static const RequestMetrics& Metrics(const ServedModel& model, const Request& /*request*/) {
    return model.metrics;
  }
  static Task<absl::StatusOr<Result>> Run(const ServedModel& model, RequestContext& context,
                                          const ImageInput& image, const Options& options) {
    return Of(model).Run(*model.runner, context, image, options);
  }
  static void Convert(const Result& result, const ServedModel& model, Response& out) {
    ConvertClasses(result, model, out);
  }
};

}  // namespace omserve

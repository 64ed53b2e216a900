// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <utility>

#include "omserve/v1/vision.pb.h"
#include "pipelines/base/status_macros.h"
#include "pipelines/graphs/internvit.h"
#include "pipelines/graphs/vitdet.h"
#include "pipelines/image/decoded_size.h"
#include "server/service/answer_conversion.h"
#include "server/service/request_checks.h"

namespace omserve {

// What Detect and Embed do differently; the parameter of RequestRun and UnaryCall.

// A method that takes one picture.
struct OneImage {
  using Input = ImageInput;
  template <typename Request>
  static absl::StatusOr<Input> CheckInput(const Request& request, const ImageLimits& limits) {
    return CheckImage(request.image(), limits);
  }
  // Host memory for it, decoded too.
  static absl::StatusOr<int64_t> InputBytes(const Input& image, const ImageLimits& limits) {
    OMSERVE_ASSIGN_OR_RETURN(const int64_t decoded, DecodedSize(image, limits));
    return static_cast<int64_t>(image.bytes.size()) + decoded;
  }
};

struct DetectMethod : OneImage {
  using Request = v1::DetectRequest;
  using Response = v1::DetectResponse;
  using Pipeline = VitDet;
  using Options = DetectOptions;
  using Result = DetectResult;
  static constexpr std::string_view kName = "Detect";

  static absl::StatusOr<Options> CheckOptions(const Request& request, const VitDet& pipeline) {
    return CheckDetectOptions(request, pipeline.config().defaults);
  }
  static const RequestMetrics& Metrics(const ServedModel& model) { return model.metrics; }
  static Task<absl::StatusOr<Result>> Run(const VitDet& pipeline, ModelRunner& runner,
                                          RequestContext& context, const ImageInput& image,
                                          const Options& options) {
    return pipeline.Detect(runner, context, image, options);
  }
  static void Convert(Result result, const ServedModel& model, Response& out) {
    ConvertDetections(std::move(result), model, out);
  }
};

// A frame of a DetectStream: Detect, counted as a method of its own.
struct DetectFrameMethod : DetectMethod {
  static constexpr std::string_view kName = "DetectStream";
  static const RequestMetrics& Metrics(const ServedModel& model) { return model.frame_metrics; }
};

struct EmbedMethod : OneImage {
  using Request = v1::EmbedRequest;
  using Response = v1::EmbedResponse;
  using Pipeline = InternVit;
  using Options = EmbedOptions;
  using Result = EmbedResult;
  static constexpr std::string_view kName = "Embed";

  static absl::StatusOr<Options> CheckOptions(const Request& request, const InternVit& pipeline) {
    return CheckEmbedOptions(request, pipeline.config().num_classes);
  }
  static const RequestMetrics& Metrics(const ServedModel& model) { return model.metrics; }
  static Task<absl::StatusOr<Result>> Run(const InternVit& pipeline, ModelRunner& runner,
                                          RequestContext& context, const ImageInput& image,
                                          const Options& options) {
    return pipeline.Embed(runner, context, image, options);
  }
  static void Convert(Result result, const ServedModel& model, Response& out) {
    ConvertFeatures(std::move(result), model, out);
  }
};

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

#include "omserve/v1/vision.pb.h"
#include "pipelines/graphs/ppocr.h"
#include "server/service/model_catalog.h"
#include "server/service/read_text_checks.h"
#include "server/service/read_text_conversion.h"

namespace omserve {

// What ReadText does differently; the parameter of RequestRun and UnaryCall.
struct ReadTextMethod {
  using Request = v1::ReadTextRequest;
  using Response = v1::ReadTextResponse;
  using Pipeline = PpOcr;
  using Input = ReadTextInput;
  using Options = ReadTextOptions;
  using Result = ReadTextResult;
  static constexpr std::string_view kName = "ReadText";

  static absl::StatusOr<Input> CheckInput(const Request& request, const ImageLimits& limits) {
    return CheckReadTextInput(request, limits);
  }
  static absl::StatusOr<int64_t> InputBytes(const Input& input, const ImageLimits& limits) {
    return ReadTextInputBytes(input, limits);
  }
  static absl::StatusOr<Options> CheckOptions(const Request& request, const PpOcr& pipeline) {
    return CheckReadTextOptions(request, pipeline.config());
  }
  static const RequestMetrics& Metrics(const ServedModel& model) { return model.metrics; }
  static Task<absl::StatusOr<Result>> Run(const PpOcr& pipeline, ModelRunner& runner,
                                          RequestContext& context, const Input& input,
                                          const Options& options) {
    return pipeline.Read(runner, context, input, options);
  }
  static void Convert(Result result, const ServedModel& /*model*/, Response& out) {
    ConvertText(std::move(result), out);
  }
};

}  // namespace omserve

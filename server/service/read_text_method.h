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
#include "server/service/vision_methods.h"

namespace omserve {

// What ReadText does differently; the parameter of RequestRun and UnaryCall.
struct ReadTextMethod : PipelineMethod<PpOcr> {
  using Request = v1::ReadTextRequest;
  using Response = v1::ReadTextResponse;
  using Input = ReadTextInput;
  using Options = ReadTextOptions;
  using Result = ReadTextResult;
  static constexpr std::string_view kName = "ReadText";

  static absl::StatusOr<Input> CheckInput(const Request& request, const ServedModel& model) {
    return CheckReadTextInput(request, model.limits);
  }
  static absl::StatusOr<int64_t> InputBytes(const Input& input, const ServedModel& model) {
    return ReadTextInputBytes(input, model.limits);
  }
  static absl::StatusOr<Options> CheckOptions(const Request& request, const ServedModel& model) {
    return CheckReadTextOptions(request, Of(model).config());
  }
  static const RequestMetrics& Metrics(const ServedModel& model, const Request& /*request*/) {
    return model.metrics;
  }
  static Task<absl::StatusOr<Result>> Run(const ServedModel& model, RequestContext& context,
                                          const Input& input, const Options& options) {
    return Of(model).Read(*model.runner, context, input, options);
  }
  static void Convert(Result result, const ServedModel& /*model*/, Response& out) {
    ConvertText(std::move(result), out);
  }
};

}  // namespace omserve

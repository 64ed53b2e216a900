// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "pipelines/base/request_context.h"
#include "pipelines/base/task.h"
#include "server/service/kserve/infer_answer.h"
#include "server/service/kserve/infer_request.h"
#include "server/service/kserve/stage_request.h"
#include "server/service/model_catalog.h"

namespace omserve::kserve {

// A request for one stage; a parameter of RequestRun.
struct StageInferMethod {
  using Request = InferRequest;
  using Response = InferAnswer;
  using Input = StageInputs;
  using Options = StageOutputs;
  using Result = InferAnswer;
  static constexpr std::string_view kName = "ModelInfer";
  // The tensors are copied once, to where the device reads them, which takes no longer than a
  // hand-over to another thread.
  static constexpr bool kBeginsAtOnce = true;

  static absl::StatusOr<ModelPin> Find(const ModelCatalog& catalog, const Request& request) {
    return catalog.FindAny(request.model(), request.version());
  }
  static const RequestMetrics& Metrics(const ServedModel& model, const Request& request);
  static absl::StatusOr<Options> CheckOptions(const Request& request, const ServedModel& model);
  static absl::StatusOr<Input> CheckInput(const Request& request, const ServedModel& model);
  static absl::StatusOr<int64_t> InputBytes(const Input& input, const ServedModel& model);
  static Task<absl::StatusOr<Result>> Run(const ServedModel& model, RequestContext& context,
                                          const Input& input, const Options& options);
  static void Convert(Result result, const ServedModel& /*model*/, Response& out) {
    out = std::move(result);
  }
};

}  // namespace omserve::kserve

namespace omserve {

// For RequestRun, which finds it by its last argument.
void ConvertTiming(absl::Time received, absl::Time sent, const std::vector<StageTiming>& stages,
                   RequestTimes& out);

}  // namespace omserve

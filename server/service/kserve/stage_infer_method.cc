// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/kserve/stage_infer_method.h"

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "pipelines/base/status_macros.h"
#include "pipelines/graphs/model_runner.h"
#include "server/service/kserve/classification.h"
#include "server/service/kserve/datatype.h"
#include "server/service/kserve/typed_contents.h"

namespace omserve::kserve {
namespace {

absl::StatusOr<const ServedStage*> StageOf(const InferRequest& request, const ServedModel& model) {
  const ServedStage* const stage = FindStage(model, request.stage());
  if (stage != nullptr) return stage;
  return absl::NotFoundError(
      absl::StrCat("model '", model.name, "' has no stage '", request.stage(), "' any more"));
}

// Answers that are sent in no time to speak of: without the wake-up of another thread.
constexpr size_t kLightBytes = 64 << 10;

bool IsLight(const StageInputs& input, const StageOutputs& options) {
  size_t bytes = 0;
  for (const StageOutputs::Wanted& wanted : options.wanted) {
    const ModelTensor& output = options.stage->info.outputs[static_cast<size_t>(wanted.output)];
    bytes += static_cast<size_t>(input.items) * output.row_bytes;
  }
  return bytes <= kLightBytes;
}

StageCall CallOf(const StageInputs& input, const StageOutputs& options,
                 TensorAllocator& allocator) {
  const ModelInfo& info = options.stage->info;
  StageCall call;
  call.stage = options.stage->name;
  call.items = input.items;
  call.fetch = options.Indices();
  call.light = IsLight(input, options);
  for (size_t i = 0; i < input.sources.size(); ++i) {
    const ModelTensor& tensor = info.inputs[i];
    HostTensor host =
        allocator.Allocate(tensor.dtype, tensor.ShapeFor(input.items, info.max_gear()));
    const TensorSource& source = input.sources[i];
    if (source.raw != nullptr) {
      source.raw->CopyTo(host.data());
    } else {
      CopyTyped(*source.typed, tensor.dtype, host.data());
    }
    call.inputs.push_back({std::move(host), nullptr});
  }
  return call;
}

absl::StatusOr<InferAnswer> AnswerOf(StageResult result, const ServedModel& model,
                                     const StageOutputs& options) {
  if (result.items_cut > 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("inputs: ", result.items_cut, " rows are more than a request may have here"));
  }
  InferAnswer answer(options.stage->name);
  for (const StageOutputs::Wanted& wanted : options.wanted) {
    const auto index = static_cast<size_t>(wanted.output);
    const std::string& name = options.stage->info.outputs[index].name;
    HostTensor host = std::move(result.outputs[index].host);
    if (wanted.classification > 0) {
      OMSERVE_ASSIGN_OR_RETURN(Classes classes,
                               Classify(host, wanted.classification, model.labels));
      answer.Add(name, kBytes, std::move(classes.shape), std::move(classes.raw));
      continue;
    }
    const DType dtype = host.dtype();
    Shape shape = host.shape();
    answer.Add(name, DatatypeOf(dtype), std::move(shape), std::move(host));
  }
  return answer;
}

}  // namespace

const RequestMetrics& StageInferMethod::Metrics(const ServedModel& model,
                                                const InferRequest& request) {
  const ServedStage* const stage = FindStage(model, request.stage());
  return stage == nullptr ? model.infer_metrics : stage->metrics;
}

absl::StatusOr<StageOutputs> StageInferMethod::CheckOptions(const InferRequest& request,
                                                            const ServedModel& model) {
  OMSERVE_ASSIGN_OR_RETURN(const ServedStage* const stage, StageOf(request, model));
  return CheckStageOutputs(request, *stage);
}

absl::StatusOr<StageInputs> StageInferMethod::CheckInput(const InferRequest& request,
                                                         const ServedModel& model) {
  OMSERVE_ASSIGN_OR_RETURN(const ServedStage* const stage, StageOf(request, model));
  return CheckStageInputs(request, *stage);
}

absl::StatusOr<int64_t> StageInferMethod::InputBytes(const StageInputs& input,
                                                     const ServedModel& /*model*/) {
  return input.bytes;
}

Task<absl::StatusOr<InferAnswer>> StageInferMethod::Run(const ServedModel& model,
                                                        RequestContext& context,
                                                        const StageInputs& input,
                                                        const StageOutputs& options) {
  ModelRunner& runner = *model.runner;
  StageCall call = CallOf(input, options, runner.allocator());
  OMSERVE_CO_ASSIGN_OR_RETURN(StageResult result, co_await runner.Run(std::move(call), context));
  co_return AnswerOf(std::move(result), model, options);
}

}  // namespace omserve::kserve

namespace omserve {

void ConvertTiming(absl::Time received, absl::Time sent, const std::vector<StageTiming>& stages,
                   RequestTimes& out) {
  for (const StageTiming& stage : stages) {
    out.queue += stage.queue + stage.batch_form;
    out.input += stage.h2d + stage.gather;
    out.infer += stage.execute;
    out.output += stage.d2h;
  }
  out.total = sent - received;
}

}  // namespace omserve

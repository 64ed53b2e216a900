// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/batching/batching_runner.h"

#include <cstring>
#include <optional>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "pipelines/base/status_macros.h"
#include "server/base/keep_for_ever.h"
#include "server/batching/call_checks.h"

namespace omserve {

BatchingRunner::BatchingRunner(std::string model_name, BatchEngine& engine)
    : model_name_(std::move(model_name)),
      engine_(engine),
      shadow_(model_name_, *this, engine.options(), engine.observer()) {}

absl::StatusOr<std::unique_ptr<BatchingRunner>> BatchingRunner::Create(
    std::string model_name, double weight, std::vector<LoadedStage> stages, BatchEngine& engine) {
  if (stages.empty()) return absl::InvalidArgumentError("a model needs at least one stage");
  auto runner = absl::WrapUnique(new BatchingRunner(std::move(model_name), engine));
  for (LoadedStage& loaded : stages) {
    OMSERVE_ASSIGN_OR_RETURN(
        auto stage, EngineStage::Create(runner->model_name_, std::move(loaded), engine.devices(),
                                        engine.options().lanes, engine.options().scheduling.slots));
    runner->stages_.push_back(std::move(stage));
  }
  OMSERVE_ASSIGN_OR_RETURN(runner->pipeline_,
                           engine.AddPipeline(runner->model_name_, weight, runner->stages_));
  return runner;
}

BatchingRunner::~BatchingRunner() {
  Stop(absl::InfinitePast());
  // What was just ended still runs its 'done' on the executor, with a pass of our gate.
  gate_.WaitEmpty(absl::InfiniteFuture(), engine_.clock());
  if (gone_) engine_.RemovePipeline(pipeline_);
}

void BatchingRunner::Stop(absl::Time deadline) {
  gate_.Close();
  gate_.WaitEmpty(deadline, engine_.clock());
  if (stopped_ || pipeline_ < 0) return;
  stopped_ = true;
  gone_ = engine_.EndPipeline(pipeline_);
  if (gone_) return;
  // A device that hangs may still use them.
  for (auto& stage : stages_) KeepForEver(std::move(stage));
  stages_.clear();
}

Admitted BatchingRunner::Admit(RequestContext& context, int64_t bytes) {
  return engine_.Admit(pipeline_, context, bytes);
}

void BatchingRunner::Leave(RequestContext& context, bool completed) {
  engine_.Leave(context, completed);
}

void BatchingRunner::Cancel(RequestContext& context) { engine_.Cancel(context); }

StagePromise BatchingRunner::Submit(StageCall call, RequestContext& context, Done done) {
  const auto refuse = [this, &done](absl::Status status) {
    engine_.executor().Post([done = std::move(done), status = std::move(status)]() mutable {
      done(std::move(status));
    });
    return StagePromise();
  };
  // The call may have ended, and its request gone, before the engine comes back.
  const std::optional<Gate::Pass> inside = gate_.Enter();
  std::optional<Gate::Pass> pass = gate_.Enter();
  if (!pass.has_value()) return refuse(absl::UnavailableError("the model is stopping; try again"));
  const EngineStage* const stage = FindStage(call.stage);
  if (stage == nullptr) {
    return refuse(absl::NotFoundError(
        absl::StrCat("no such stage: ", absl::string_view(call.stage.data(), call.stage.size()))));
  }
  if (absl::Status fits = CheckCall(call, stage->info()); !fits.ok())
    return refuse(std::move(fits));
  if (absl::Status of_use = context.Check(); !of_use.ok()) return refuse(std::move(of_use));
  if (absl::Status staged = StageHostInputs(call); !staged.ok()) return refuse(std::move(staged));
  if (shadow_.Wants(call)) done = shadow_.Watch(call, std::move(done));
  return engine_.Submit(*stage, std::move(call), context, std::move(done), *std::move(pass));
}

const EngineStage* BatchingRunner::FindStage(std::string_view name) const {
  for (const auto& stage : stages_) {
    if (stage->spec().name == name) return stage.get();
  }
  return nullptr;
}

absl::Status BatchingRunner::StageHostInputs(StageCall& call) const {
  StagingPool& staging = engine_.devices().staging();
  for (StageTensor& input : call.inputs) {
    HostTensor& host = input.host;
    if (input.device != nullptr || staging.Owns(host.data(), host.bytes())) continue;
    OMSERVE_ASSIGN_OR_RETURN(HostTensor copy, staging.TryAllocate(host.dtype(), host.shape()));
    std::memcpy(copy.data(), host.data(), host.bytes());
    host = std::move(copy);
  }
  return absl::OkStatus();
}

int BatchingRunner::queued_items() const {
  int64_t items = 0;
  for (const auto& stage : stages_) items += engine_.waiting_items(*stage);
  return static_cast<int>(items);
}

}  // namespace omserve

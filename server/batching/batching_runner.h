// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pipelines/graphs/model_runner.h"
#include "server/base/gate.h"
#include "server/batching/batch_engine.h"
#include "server/batching/engine_stage.h"
#include "server/batching/shadow_check.h"
#include "server/registry/loaded_stage.h"

namespace omserve {

// One pipeline on the engine: checks its calls and hands them on. Items of all requests share the
// batches of every stage, and all pipelines the devices. Owned by the model version. Thread-safe.
class BatchingRunner final : public ModelRunner {
 public:
  // 'stages' in pipeline order: later ones run first, which drains requests. 'weight' is the
  // pipeline's part of the devices while others want them too, above 0. 'engine' must outlive the
  // runner. Blocks while the gears are measured.
  static absl::StatusOr<std::unique_ptr<BatchingRunner>> Create(std::string model_name,
                                                                double weight,
                                                                std::vector<LoadedStage> stages,
                                                                BatchEngine& engine);
  // Stops without waiting for what is queued.
  ~BatchingRunner() override;

  Admitted Admit(RequestContext& context, int64_t bytes) override;
  void Leave(RequestContext& context, bool completed) override;
  void Cancel(RequestContext& context) override;
  StagePromise Submit(StageCall call, RequestContext& context, Done done) override;
  void Close() override { Stop(absl::InfinitePast()); }
  TensorAllocator& allocator() override { return engine_.devices().staging(); }

  // Refuses new calls with UNAVAILABLE, lets those inside end until 'deadline', fails what is then
  // still queued with UNAVAILABLE, and waits for what is on a device. Idempotent, not concurrent.
  void Stop(absl::Time deadline);

  // Items that wait, over all stages.
  int queued_items() const;

 private:
  BatchingRunner(std::string model_name, BatchEngine& engine);

  const EngineStage* FindStage(std::string_view name) const;
  // Replaces host inputs that the devices cannot copy from by page-locked copies.
  absl::Status StageHostInputs(StageCall& call) const;

  const std::string model_name_;
  BatchEngine& engine_;
  Gate gate_;  // one pass per call, and one while a call is handed on
  std::vector<std::unique_ptr<EngineStage>> stages_;
  ShadowCheck shadow_;
  scheduling::PipelineId pipeline_ = -1;
  bool stopped_ = false;
  bool gone_ = false;  // from the devices
};

}  // namespace omserve

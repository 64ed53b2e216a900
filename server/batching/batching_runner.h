// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pipelines/base/clock.h"
#include "pipelines/base/executor.h"
#include "pipelines/graphs/model_runner.h"
#include "server/base/gate.h"
#include "server/batching/batch_observer.h"
#include "server/batching/cost_table.h"
#include "server/batching/device_scheduler.h"
#include "server/registry/loaded_stage.h"

namespace omserve {

// Runs the stages of one model version on a set of devices and batches the items of all requests
// at every stage. Each device has a scheduler of its own: one bounded queue per stage, and as many
// lanes (device streams with their threads) as the stages have instances. A request stays on the
// device that its first stage ran on. Owned by the model version. Thread-safe.
class BatchingRunner final : public ModelRunner {
 public:
  // 'stages' in pipeline order: later ones run first, which drains requests. 'observer' may be
  // null. Everything borrowed must outlive the runner, the executor until every 'done' has run.
  static absl::StatusOr<std::unique_ptr<BatchingRunner>> Create(
      std::string model_name, std::vector<LoadedStage> stages, DeviceSet& devices,
      Executor& executor, const Clock& clock, BatchObserver* observer);
  // Stops without waiting for what is queued.
  ~BatchingRunner() override;

  void Submit(StageCall call, RequestContext& context, Done done) override;
  TensorAllocator& allocator() override { return devices_.staging(); }

  // Refuses new calls with UNAVAILABLE, lets those inside end until 'deadline', fails what is then
  // still queued with UNAVAILABLE, and joins the threads. Blocks. Idempotent, not concurrent.
  void Stop(absl::Time deadline);

  // Items that wait, over all stages and devices.
  int queued_items() const;

  const std::vector<LoadedStage>& stages() const { return stages_; }

 private:
  BatchingRunner(std::string model_name, std::vector<LoadedStage> stages, DeviceSet& devices,
                 Executor& executor, const Clock& clock, BatchObserver& observer);

  int FindStage(std::string_view name) const;
  absl::Status Validate(const StageCall& call, int stage) const;
  // Replaces host inputs that the devices cannot copy from by page-locked copies.
  absl::Status StageHostInputs(StageCall& call) const;
  // The device for a call; null when no healthy one may run it.
  DeviceScheduler* Choose(const StageCall& call, const RequestContext& context) const;
  StageResult EmptyResult(const StageCall& call, int stage, int device) const;
  const ModelInfo& info(int stage) const;

  const std::string model_name_;
  std::vector<LoadedStage> stages_;  // before the schedulers, whose lanes use the models
  DeviceSet& devices_;
  Executor& executor_;
  const Clock& clock_;
  BatchObserver& observer_;
  Gate gate_;  // one pass per call
  CostTable costs_;
  std::vector<std::unique_ptr<DeviceScheduler>> schedulers_;  // one a device
};

}  // namespace omserve

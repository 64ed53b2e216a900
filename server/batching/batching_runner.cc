// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/batching/batching_runner.h"

#include <cstring>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "pipelines/base/status_macros.h"
#include "server/batching/device_rows.h"

namespace omserve {
namespace {

// Stands in when nobody wants to hear.
class NoObserver final : public BatchObserver {
 public:
  void OnBatch(const BatchRecord& /*record*/) override {}
  void OnQueueDepth(std::string_view /*model*/, std::string_view /*stage*/, int /*device*/,
                    int /*items*/) override {}
};

BatchObserver& OrNone(BatchObserver* observer) {
  static NoObserver none;
  return observer == nullptr ? none : *observer;
}

absl::Status CheckIndices(const std::vector<int>& indices, size_t outputs) {
  for (const int index : indices) {
    if (index >= 0 && static_cast<size_t>(index) < outputs) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("the stage has ", outputs, " outputs, there is none with index ", index));
  }
  return absl::OkStatus();
}

absl::Status CheckInput(const StageTensor& input, const ModelTensor& wanted, int64_t items) {
  const size_t bytes = static_cast<size_t>(items) * wanted.row_bytes;
  if (input.device != nullptr) {
    const auto* rows = dynamic_cast<const DeviceRows*>(input.device.get());
    if (rows != nullptr && rows->dtype() == wanted.dtype && rows->rows() == items &&
        rows->row_bytes() == wanted.row_bytes) {
      return absl::OkStatus();
    }
  } else if (input.host.has_value() && input.host.dtype() == wanted.dtype &&
             input.host.bytes() == bytes) {
    return absl::OkStatus();
  }
  const std::string given =
      input.device != nullptr
          ? "a device tensor of another kind"
          : absl::StrCat(DTypeName(input.host.dtype()), " ", ShapeString(input.host.shape()));
  return absl::InvalidArgumentError(
      absl::StrCat("input ", wanted.name, " must be ", DTypeName(wanted.dtype), " with ", items,
                   " rows of ", wanted.row_bytes, " bytes, not ", given));
}

}  // namespace

BatchingRunner::BatchingRunner(std::string model_name, std::vector<LoadedStage> stages,
                               DeviceSet& devices, Executor& executor, const Clock& clock,
                               BatchObserver& observer)
    : model_name_(std::move(model_name)),
      stages_(std::move(stages)),
      devices_(devices),
      executor_(executor),
      clock_(clock),
      observer_(observer),
      costs_(stages_.size()) {}

absl::StatusOr<std::unique_ptr<BatchingRunner>> BatchingRunner::Create(
    std::string model_name, std::vector<LoadedStage> stages, DeviceSet& devices, Executor& executor,
    const Clock& clock, BatchObserver* observer) {
  if (stages.empty()) return absl::InvalidArgumentError("a model needs at least one stage");
  auto runner = absl::WrapUnique(new BatchingRunner(std::move(model_name), std::move(stages),
                                                    devices, executor, clock, OrNone(observer)));
  const DeviceQueue::Shared shared{runner->model_name_, runner->costs_, executor, clock,
                                   runner->observer_};
  for (size_t i = 0; i < devices.size(); ++i) {
    OMSERVE_ASSIGN_OR_RETURN(auto scheduler,
                             DeviceScheduler::Create(i, devices, runner->stages_, shared));
    runner->schedulers_.push_back(std::move(scheduler));
  }
  return runner;
}

BatchingRunner::~BatchingRunner() {
  Stop(absl::InfinitePast());
  // What was just ended still runs its 'done' on the executor, with a pass of our gate.
  gate_.WaitEmpty(absl::InfiniteFuture(), clock_);
}

void BatchingRunner::Stop(absl::Time deadline) {
  gate_.Close();
  gate_.WaitEmpty(deadline, clock_);
  const absl::Status why = absl::UnavailableError("the model is stopping; try again");
  for (const auto& scheduler : schedulers_) scheduler->queue().Close(why);
  for (const auto& scheduler : schedulers_) scheduler->Stop(why);
}

void BatchingRunner::Submit(StageCall call, RequestContext& context, Done done) {
  const auto refuse = [this, &done](absl::Status status) {
    executor_.Post([done = std::move(done), status = std::move(status)]() mutable {
      done(std::move(status));
    });
  };
  std::optional<Gate::Pass> pass = gate_.Enter();
  if (!pass.has_value()) return refuse(absl::UnavailableError("the model is stopping; try again"));
  const int stage = FindStage(call.stage);
  if (stage < 0) {
    return refuse(absl::NotFoundError(
        absl::StrCat("no such stage: ", absl::string_view(call.stage.data(), call.stage.size()))));
  }
  if (absl::Status valid = Validate(call, stage); !valid.ok()) return refuse(std::move(valid));
  if (call.items == 0) {
    executor_.Post([done = std::move(done), pass = std::move(pass),
                    result = EmptyResult(call, stage, context.device())]() mutable {
      done(std::move(result));
    });
    return;
  }
  if (absl::Status of_use = context.Check(); !of_use.ok()) return refuse(std::move(of_use));
  DeviceScheduler* const scheduler = Choose(call, context);
  if (scheduler == nullptr) {
    return refuse(absl::UnavailableError("no healthy device can run the stage"));
  }
  if (absl::Status staged = StageHostInputs(call); !staged.ok()) return refuse(std::move(staged));
  // Set before the push: the call may end, and the request go on, before Push returns.
  context.set_device(scheduler->device().id());
  const int64_t items = call.items;
  auto pending = std::make_shared<PendingCall>(std::move(call), stage, context, std::move(done),
                                               *std::move(pass), clock_.Now());
  const absl::Status pushed = scheduler->queue().Push(pending);
  if (!pushed.ok()) pending->Finish(items, pushed, nullptr, executor_);
}

int BatchingRunner::FindStage(std::string_view name) const {
  for (size_t i = 0; i < stages_.size(); ++i) {
    if (stages_[i].spec.name == name) return static_cast<int>(i);
  }
  return -1;
}

const ModelInfo& BatchingRunner::info(int stage) const {
  return stages_[static_cast<size_t>(stage)].models.front()->info();
}

absl::Status BatchingRunner::Validate(const StageCall& call, int stage) const {
  const ModelInfo& model = info(stage);
  if (call.items < 0) return absl::InvalidArgumentError("a call cannot have fewer than 0 items");
  OMSERVE_RETURN_IF_ERROR(CheckIndices(call.fetch, model.outputs.size()));
  OMSERVE_RETURN_IF_ERROR(CheckIndices(call.keep, model.outputs.size()));
  if (call.items == 0) return absl::OkStatus();
  if (call.inputs.size() != model.inputs.size()) {
    return absl::InvalidArgumentError(absl::StrCat("the stage has ", model.inputs.size(),
                                                   " inputs, the call ", call.inputs.size()));
  }
  for (size_t i = 0; i < call.inputs.size(); ++i) {
    OMSERVE_RETURN_IF_ERROR(CheckInput(call.inputs[i], model.inputs[i], call.items));
  }
  return absl::OkStatus();
}

absl::Status BatchingRunner::StageHostInputs(StageCall& call) const {
  StagingPool& staging = devices_.staging();
  for (StageTensor& input : call.inputs) {
    HostTensor& host = input.host;
    if (input.device != nullptr || staging.Owns(host.data(), host.bytes())) continue;
    OMSERVE_ASSIGN_OR_RETURN(HostTensor copy, staging.TryAllocate(host.dtype(), host.shape()));
    std::memcpy(copy.data(), host.data(), host.bytes());
    host = std::move(copy);
  }
  return absl::OkStatus();
}

DeviceScheduler* BatchingRunner::Choose(const StageCall& call,
                                        const RequestContext& context) const {
  int wanted = -1;
  for (const StageTensor& input : call.inputs) {
    if (input.device == nullptr) continue;
    // Tensors never move between devices.
    if (wanted >= 0 && wanted != input.device->device()) return nullptr;
    wanted = input.device->device();
  }
  DeviceScheduler* least = nullptr;
  absl::Duration least_load = absl::InfiniteDuration();
  for (const auto& scheduler : schedulers_) {
    if (!scheduler->device().healthy()) continue;
    const int id = scheduler->device().id();
    if (wanted >= 0 && id != wanted) continue;
    if (id == context.device()) return scheduler.get();
    const absl::Duration load = scheduler->queue().load();
    if (least == nullptr || load < least_load) {
      least = scheduler.get();
      least_load = load;
    }
  }
  return least;
}

StageResult BatchingRunner::EmptyResult(const StageCall& call, int stage, int device) const {
  const ModelInfo& model = info(stage);
  StageResult result;
  result.outputs.resize(model.outputs.size());
  for (const int index : call.fetch) {
    const ModelTensor& output = model.outputs[static_cast<size_t>(index)];
    result.outputs[static_cast<size_t>(index)].host =
        TensorAllocator::Heap().Allocate(output.dtype, output.ShapeFor(0, model.max_gear()));
  }
  for (const int index : call.keep) {
    const ModelTensor& output = model.outputs[static_cast<size_t>(index)];
    result.outputs[static_cast<size_t>(index)].device =
        std::make_shared<DeviceRows>(device, nullptr, output.dtype, output.row_bytes, 0, 0);
  }
  return result;
}

int BatchingRunner::queued_items() const {
  int64_t items = 0;
  for (const auto& scheduler : schedulers_) items += scheduler->queue().items();
  return static_cast<int>(items);
}

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "execution.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <optional>
#include <span>
#include <utility>

#include "failure.h"
#include "gear_buffer.h"
#include "runtime.h"
#include "stage.h"

namespace hostacl {
namespace {

// A static model's buffer may be this much shorter than its tensor.
constexpr size_t kSlack = 64;

// All of the first part, and of the others so much that whoever reads them meets it: to fill large
// tails would take longer than many a model.
void PoisonTail(std::span<uint8_t> tail) {
  constexpr size_t kPart = 64 << 10;
  constexpr size_t kOfOthers = 4 << 10;
  for (size_t at = 0; at < tail.size(); at += kPart) {
    const std::span<uint8_t> part = tail.subspan(at, std::min(kPart, tail.size() - at));
    const size_t poisoned = at == 0 ? part.size() : std::min(kOfOthers, part.size());
    std::memset(part.data(), Arena::kPoison, poisoned);
  }
}

// How long an operator may run, as aclrtSetOpExecuteTimeOut has it.
Clock::duration OperatorLimit() {
  constexpr uint64_t kLongest = uint64_t{1091} * 1000000;  // microseconds, of a card
  const uint64_t set = Runtime::Get().op_execute_microseconds().load();
  return std::chrono::microseconds(set == 0 ? kLongest : set);
}

}  // namespace

Execution::Execution(std::shared_ptr<LoadedModel> model) : model_(std::move(model)) {}

Execution::~Execution() {
  Arena& arena = model_->context()->device()->arena();
  for (const auto* list : {&inputs_, &outputs_}) {
    for (const Bound& bound : *list) {
      if (bound.bytes != nullptr) arena.Unpin(RangeOf(bound));
    }
  }
  if (gear_buffer_.bytes != nullptr) arena.Unpin(RangeOf(gear_buffer_));
  if (begun_) model_->End();
}

aclError Execution::Bind(DataBuffer::View view, size_t needed, const std::string& name, Use use,
                         Bound* bound) {
  Device* device = model_->context()->device();
  if (view.address == nullptr) {
    return Fail(ACL_ERROR_INVALID_PARAM, "the buffer of ", name, " has a null address");
  }
  const size_t slack = model_->om().gears.empty() ? kSlack : 0;
  if (view.size + slack < needed) {
    return Fail(ACL_ERROR_GE_PARAM_INVALID, "the buffer of ", name, " has ", view.size,
                " bytes, its tensor ", needed,
                slack == 0 ? " at this gear; a card would run over its end" : "");
  }
  if (!device->arena().Owns(view.address)) {
    return Fail(ACL_ERROR_INVALID_PARAM, "the buffer of ", name, " at ", view.address,
                " is no memory of device ", device->id(),
                "; inputs and outputs must be device"
                " memory (aclrtMalloc) of the model's device");
  }
  bound->address = view.address;
  bound->size = view.size;
  bound->use = use;
  bound->bytes = device->arena().Pin(RangeOf(*bound));
  if (bound->bytes == nullptr) {
    return Fail(ACL_ERROR_INVALID_PARAM, "the buffer of ", name, " at ", view.address, " with ",
                view.size, " bytes leaves its allocation, or was freed");
  }
  return ACL_SUCCESS;
}

aclError Execution::TakeGear(Dataset* dataset) {
  const OmModel& om = model_->om();
  if (om.gears.empty()) return ACL_SUCCESS;
  const std::vector<uint64_t> values = dataset->gear();
  if (values.empty()) {
    return Fail(ACL_ERROR_GE_DYNAMIC_BATCH_SIZE_INVALID, "model ", om.name,
                " has gears and none was set on this dataset: call aclmdlSetDynamicBatchSize,"
                " aclmdlSetDynamicHWSize or aclmdlSetInputDynamicDims before executing");
  }
  const std::optional<size_t> gear = om.FindGear(values);
  if (!gear) {
    return Fail(ACL_ERROR_GE_DYNAMIC_BATCH_SIZE_INVALID, GearText(values),
                " of the dataset is no gear of model ", om.name);
  }
  gear_ = *gear;
  return ACL_SUCCESS;
}

aclError Execution::BindInputs(Dataset* dataset) {
  const OmModel& om = model_->om();
  const auto handles = dataset->buffers();
  const size_t expected = om.inputs.size() + (om.gears.empty() ? 0 : 1);
  if (handles.size() != expected) {
    return Fail(ACL_ERROR_MODEL_INPUT_NOT_MATCH, "model ", om.name, " has ", expected,
                " inputs, the dataset ", handles.size(),
                om.gears.empty() ? "" : " (the last input is " ACL_DYNAMIC_TENSOR_NAME ")");
  }
  if (const aclError error = TakeGear(dataset)) return error;
  inputs_.resize(om.inputs.size());
  for (size_t i = 0; i < expected; ++i) {
    const auto buffer = DataBuffers().Find(handles[i]);
    if (buffer == nullptr) {
      return Fail(ACL_ERROR_INVALID_PARAM, "input ", i, " of ", om.name, " is a destroyed buffer");
    }
    const bool is_gear = i == om.inputs.size();
    const aclError error = is_gear ? Bind(buffer->Get(), om.gear_values() * sizeof(uint32_t),
                                          ACL_DYNAMIC_TENSOR_NAME, Use::kRead, &gear_buffer_)
                                   : Bind(buffer->Get(), om.inputs[i].BytesAt(gear_),
                                          om.inputs[i].name, Use::kRead, &inputs_[i]);
    if (error != ACL_SUCCESS) return error;
  }
  return ACL_SUCCESS;
}

aclError Execution::BindOutputs(Dataset* dataset) {
  const OmModel& om = model_->om();
  const auto handles = dataset->buffers();
  if (handles.size() != om.outputs.size()) {
    return Fail(ACL_ERROR_MODEL_OUTPUT_NOT_MATCH, "model ", om.name, " has ", om.outputs.size(),
                " outputs, the dataset ", handles.size());
  }
  outputs_.resize(om.outputs.size());
  for (size_t i = 0; i < handles.size(); ++i) {
    const auto buffer = DataBuffers().Find(handles[i]);
    if (buffer == nullptr) {
      return Fail(ACL_ERROR_INVALID_PARAM, "output ", i, " of ", om.name, " is a destroyed buffer");
    }
    DataBuffer::View view = buffer->Get();
    if (view.address == nullptr && view.size == 0) {
      // The system allocates, the caller frees and clears the buffer.
      view.size = om.outputs[i].BytesAt(om.outputs[i].LargestGear());
      view.address = model_->context()->device()->arena().Allocate(view.size, /*fill=*/true);
      if (view.address == nullptr) {
        return Fail(ACL_ERROR_GE_MEMORY_ALLOCATION, "no device memory for output ", i);
      }
      buffer->Set(view);
    }
    const aclError error =
        Bind(view, om.outputs[i].BytesAt(gear_), om.outputs[i].name, Use::kOutput, &outputs_[i]);
    if (error != ACL_SUCCESS) return error;
  }
  return ACL_SUCCESS;
}

aclError Execution::Prepare(const void* queue, const aclmdlDataset* input, aclmdlDataset* output) {
  const auto inputs = Datasets().Find(input);
  const auto outputs = Datasets().Find(output);
  if (inputs == nullptr || outputs == nullptr) {
    return Fail(ACL_ERROR_INVALID_PARAM, "aclmdlExecute: null or destroyed dataset");
  }
  if (const aclError error = model_->Begin(queue)) return error;
  begun_ = true;
  queue_ = queue;
  if (const aclError error = BindInputs(inputs.get())) return error;
  if (const aclError error = BindOutputs(outputs.get())) return error;
  return CheckRooms();
}

aclError Execution::CheckGearBuffer() const {
  if (gear_buffer_.bytes == nullptr) return ACL_SUCCESS;
  const OmModel& om = model_->om();
  const std::vector<uint64_t> found =
      ReadGear(gear_buffer_.bytes, gear_buffer_.size, om.gear_values());
  if (found == om.gears[gear_]) return ACL_SUCCESS;
  return Fail(ACL_ERROR_RT_MODEL_EXECUTE, "model ", om.name, " was enqueued at gear ",
              om.GearText(gear_), " but its " ACL_DYNAMIC_TENSOR_NAME " buffer now holds ",
              GearText(found), ": the buffer is shared with another call, or was overwritten");
}

bool Execution::Brief() const {
  const Device* const device = model_->context()->device();
  return device->faults() == nullptr && device->profile() == nullptr && model_->Brief(gear_);
}

aclError Execution::Run(TaskTime* time) {
  return RunWith(time, [this](const auto&... args) {
    MutexLock lock(&turn());
    return ComputeOutputs(model_.get(), gear_, args...);
  });
}

aclError Execution::RunInTurn(TaskTime* time) {
  return RunWith(
      time, [this](const auto&... args) { return ComputeOutputs(model_.get(), gear_, args...); });
}

template <typename Compute>
aclError Execution::RunWith(TaskTime* time, Compute compute) {
  if (const aclError error = CheckGearBuffer()) return error;
  const OmModel& om = model_->om();
  Device* device = model_->context()->device();

  std::vector<std::vector<uint8_t>> padded(inputs_.size());
  std::vector<const uint8_t*> inputs;
  for (size_t i = 0; i < inputs_.size(); ++i) {
    const size_t needed = om.inputs[i].BytesAt(gear_);
    inputs.push_back(inputs_[i].bytes);
    if (inputs_[i].size >= needed) continue;
    // A static input that is short: what lies behind it on a card is anything.
    padded[i].assign(needed, Arena::kPoison);
    std::memcpy(padded[i].data(), inputs_[i].bytes, inputs_[i].size);
    inputs[i] = padded[i].data();
  }

  const Clock::duration limit = OperatorLimit();
  FaultPlan::Blow blow;
  if (device->faults() != nullptr) {
    TaskFacts facts{
        .device = device->id(), .model = om.name, .inputs = {}, .rows = om.BatchAt(gear_)};
    for (size_t i = 0; i < inputs.size(); ++i) {
      facts.inputs.push_back({inputs[i], om.inputs[i].BytesAt(gear_)});
    }
    blow = device->faults()->AtTask(facts, time->stop, limit);
    if (blow.error != ACL_SUCCESS) return blow.error;
    if (blow.hung) time->ready = std::max(time->ready, Clock::now());
  }
  const Clock::duration length = model_->StageTime(gear_);
  const auto acted = std::chrono::duration<double>(length) * blow.slow;
  const Stage::Label label{om.name, om.BatchAt(gear_)};
  if (acted > limit) {
    Stage cut(device, &device->compute_engine(), label, limit, /*slow=*/1, time);
    cut.Finish();
    return FailOverdue(om.name, limit);
  }
  Stage stage(device, &device->compute_engine(), label, length, blow.slow, time);
  // In device time of its own a result appears at the end of its slot, not before: it is held back
  // until then. What does not fit its buffer is held, too.
  const Profile* profile = device->profile();
  std::vector<std::vector<uint8_t>> held(outputs_.size());
  std::vector<std::span<uint8_t>> outputs;
  std::vector<uint8_t*> targets;
  size_t bytes = 0;
  for (size_t i = 0; i < outputs_.size(); ++i) {
    const size_t needed = om.outputs[i].BytesAt(gear_);
    const bool hold = profile != nullptr || outputs_[i].size < needed;
    if (hold) held[i].resize(needed);
    targets.push_back(hold ? held[i].data() : outputs_[i].bytes);
    outputs.emplace_back(targets[i], needed);
    bytes += needed;
  }
  Clock::duration took{0};
  if (const aclError error = compute(inputs, targets, &took)) return error;
  model_->Took(gear_, took);
  if (profile != nullptr && !profile->replay()) stage.Computed(took);
  if (blow.corrupt_bits > 0) FlipBits(blow.corrupt_bits, blow.corrupt_seed, outputs);
  // A setter that wrote for another call meanwhile is found out too.
  if (const aclError error = CheckGearBuffer()) return error;
  stage.WaitToWrite(bytes);
  for (size_t i = 0; i < outputs_.size(); ++i) {
    const Bound& bound = outputs_[i];
    const size_t written = std::min(outputs[i].size(), bound.size);
    if (!held[i].empty()) std::memcpy(bound.bytes, held[i].data(), written);
    // Behind a small gear a card leaves old bytes; poison makes their use visible.
    const size_t most = std::min(bound.size, om.outputs[i].BytesAt(om.outputs[i].LargestGear()));
    if (most > written) PoisonTail({bound.bytes + written, most - written});
  }
  stage.Finish();
  return ACL_SUCCESS;
}

}  // namespace hostacl

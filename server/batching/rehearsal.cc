// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/batching/rehearsal.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "pipelines/base/status_macros.h"
#include "server/device/model.h"

namespace omserve {
namespace {

constexpr absl::Duration kLimit = absl::Minutes(2);

// The same numbers as float32 and float16, exact in both.
constexpr std::array<float, 5> kNumbers = {0.5f, -0.25f, 1.0f, 0.0f, -0.5f};
constexpr std::array<uint16_t, 5> kHalves = {0x3800, 0xb400, 0x3c00, 0x0000, 0xb800};

template <typename T>
void Repeat(const std::array<T, 5>& values, std::byte* to, size_t bytes) {
  for (size_t i = 0; i < bytes / sizeof(T); ++i) {
    std::memcpy(to + i * sizeof(T), &values[i % values.size()], sizeof(T));
  }
}

void Fill(const ModelTensor& tensor, Rehearsal::Inputs inputs, std::byte* to) {
  std::fill_n(to, tensor.bytes, std::byte{0});
  if (inputs == Rehearsal::Inputs::kZeros) return;
  if (tensor.dtype == DType::kFloat32) Repeat(kNumbers, to, tensor.bytes);
  if (tensor.dtype == DType::kFloat16) Repeat(kHalves, to, tensor.bytes);
}

}  // namespace

absl::StatusOr<Rehearsal> Rehearsal::Create(const EngineStage& stage, size_t index,
                                            DeviceSet& devices, Inputs inputs) {
  Device& device = devices.device(index);
  OMSERVE_ASSIGN_OR_RETURN(Stream stream, Stream::Create(device));
  OMSERVE_ASSIGN_OR_RETURN(Event start, Event::Create(device));
  OMSERVE_ASSIGN_OR_RETURN(Event copied, Event::Create(device));
  OMSERVE_ASSIGN_OR_RETURN(Event end, Event::Create(device));
  Rehearsal rehearsal(stage, index, devices.staging(), std::move(stream), std::move(start),
                      std::move(copied), std::move(end));
  for (const ModelTensor& input : stage.info().inputs) {
    OMSERVE_ASSIGN_OR_RETURN(DeviceBuffer on_device, device.memory_pool().Allocate(input.bytes));
    OMSERVE_ASSIGN_OR_RETURN(
        HostTensor host,
        devices.staging().TryAllocate(DType::kUint8, {static_cast<int64_t>(input.bytes)}));
    Fill(input, inputs, host.data());
    rehearsal.inputs_.push_back(std::move(on_device));
    rehearsal.host_.push_back(std::move(host));
  }
  for (const ModelTensor& output : stage.info().outputs) {
    OMSERVE_ASSIGN_OR_RETURN(DeviceBuffer on_device, device.memory_pool().Allocate(output.bytes));
    rehearsal.outputs_.push_back(std::move(on_device));
  }
  return rehearsal;
}

size_t Rehearsal::BytesAtGear(const ModelTensor& tensor, int gear) const {
  const bool whole = gear == stage_->info().max_gear();
  return whole ? tensor.bytes : static_cast<size_t>(gear) * tensor.row_bytes;
}

absl::Status Rehearsal::Queue(int gear) {
  const ModelInfo& info = stage_->info();
  ExecutionSlot& slot = stage_->slot(device_, 0, 0);
  OMSERVE_RETURN_IF_ERROR(stream_.Record(start_));
  for (size_t i = 0; i < info.inputs.size(); ++i) {
    const size_t bytes = BytesAtGear(info.inputs[i], gear);
    OMSERVE_RETURN_IF_ERROR(stream_.CopyToDevice(inputs_[i].data(), host_[i].data(), bytes));
    OMSERVE_RETURN_IF_ERROR(slot.SetInput(i, inputs_[i].data(), bytes));
  }
  for (size_t i = 0; i < info.outputs.size(); ++i) {
    OMSERVE_RETURN_IF_ERROR(slot.SetOutput(i, outputs_[i].data(), info.outputs[i].bytes));
  }
  OMSERVE_RETURN_IF_ERROR(slot.SetGear(gear));
  OMSERVE_RETURN_IF_ERROR(stream_.Record(copied_));
  OMSERVE_RETURN_IF_ERROR(stage_->model(device_)->instance(0).Execute(slot, stream_));
  return stream_.Record(end_);
}

absl::Status Rehearsal::Wait() { return stream_.Synchronize(kLimit); }

absl::StatusOr<std::vector<HostTensor>> Rehearsal::Answer(int gear) {
  const ModelInfo& info = stage_->info();
  OMSERVE_RETURN_IF_ERROR(Queue(gear));
  // Also when a copy could not be queued: nothing may be released that is at work.
  absl::Status copied;
  for (size_t i = 0; i < info.outputs.size() && copied.ok(); ++i) {
    const size_t bytes = BytesAtGear(info.outputs[i], gear);
    auto host = staging_->TryAllocate(DType::kUint8, {static_cast<int64_t>(bytes)});
    copied = host.status();
    if (!copied.ok()) break;
    host_.push_back(*std::move(host));
    copied = stream_.CopyToHost(host_.back().data(), outputs_[i].data(), bytes);
  }
  OMSERVE_RETURN_IF_ERROR(Wait());
  OMSERVE_RETURN_IF_ERROR(copied);
  std::vector<HostTensor> answer;
  for (size_t i = 0; i < info.outputs.size(); ++i) {
    const DType dtype = info.outputs[i].dtype;
    const size_t bytes = BytesAtGear(info.outputs[i], gear);
    HostTensor row = TensorAllocator::Heap().Allocate(
        dtype, {1, static_cast<int64_t>(bytes / DTypeSize(dtype))});
    std::memcpy(row.data(), host_[info.inputs.size() + i].data(), row.bytes());
    answer.push_back(std::move(row));
  }
  host_.resize(info.inputs.size());
  return answer;
}

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/doctor/model_trial.h"

#include <algorithm>
#include <cstring>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "pipelines/base/status_macros.h"

namespace omserve {
namespace {

constexpr absl::Duration kLimit = absl::Minutes(2);

}  // namespace

absl::StatusOr<std::unique_ptr<ModelTrial>> ModelTrial::Load(DeviceSet& devices, size_t index,
                                                             const std::string& path,
                                                             const Clock& clock) {
  Device& device = devices.device(index);
  OMSERVE_ASSIGN_OR_RETURN(Stream stream, Stream::Create(device));
  OMSERVE_ASSIGN_OR_RETURN(Event start, Event::Create(device));
  OMSERVE_ASSIGN_OR_RETURN(Event end, Event::Create(device));
  auto trial = absl::WrapUnique(
      new ModelTrial(devices, std::move(stream), std::move(start), std::move(end)));
  const absl::Time before = clock.Now();
  OMSERVE_ASSIGN_OR_RETURN(trial->model_, LoadedModel::Load(device, path, 1));
  trial->load_time_ = clock.Now() - before;
  OMSERVE_RETURN_IF_ERROR(trial->Prepare(device));
  return trial;
}

absl::Status ModelTrial::Prepare(Device& device) {
  OMSERVE_ASSIGN_OR_RETURN(slot_, model_->instance(0).MakeSlot());
  const auto add = [&](const ModelTensor& tensor, std::vector<DeviceBuffer>& buffers,
                       std::vector<HostTensor>& host) -> absl::Status {
    OMSERVE_ASSIGN_OR_RETURN(DeviceBuffer buffer, device.memory_pool().Allocate(tensor.bytes));
    OMSERVE_ASSIGN_OR_RETURN(
        HostTensor pinned,
        devices_.staging().TryAllocate(DType::kUint8, {static_cast<int64_t>(tensor.bytes)}));
    std::fill_n(pinned.data(), tensor.bytes, std::byte{0});
    buffers.push_back(std::move(buffer));
    host.push_back(std::move(pinned));
    return absl::OkStatus();
  };
  for (const ModelTensor& input : info().inputs) {
    OMSERVE_RETURN_IF_ERROR(add(input, inputs_, host_inputs_));
  }
  for (const ModelTensor& output : info().outputs) {
    OMSERVE_RETURN_IF_ERROR(add(output, outputs_, host_outputs_));
  }
  // No garbage of others as the first run's input.
  for (size_t i = 0; i < inputs_.size(); ++i) {
    OMSERVE_RETURN_IF_ERROR(
        stream_.CopyToDevice(inputs_[i].data(), host_inputs_[i].data(), info().inputs[i].bytes));
  }
  return stream_.Synchronize(kLimit);
}

size_t ModelTrial::BytesAtGear(const ModelTensor& tensor, int gear) const {
  return gear == info().max_gear() ? tensor.bytes : static_cast<size_t>(gear) * tensor.row_bytes;
}

absl::Status ModelTrial::SetInputs(const std::vector<HostTensor>& inputs) {
  if (inputs.size() != info().inputs.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat(inputs.size(), " inputs; the model has ", info().inputs.size()));
  }
  for (size_t i = 0; i < inputs.size(); ++i) {
    const ModelTensor& wanted = info().inputs[i];
    const HostTensor& given = inputs[i];
    const bool fits =
        given.dtype() == wanted.dtype && given.bytes() <= wanted.bytes &&
        given.shape().size() == wanted.shape.size() &&
        std::equal(given.shape().begin() + 1, given.shape().end(), wanted.shape.begin() + 1);
    if (!fits) {
      return absl::InvalidArgumentError(absl::StrCat(
          "input ", wanted.name, " is ", DTypeName(wanted.dtype), " ", ShapeString(wanted.shape),
          " at the largest gear, not ", DTypeName(given.dtype()), " ", ShapeString(given.shape())));
    }
    std::memcpy(host_inputs_[i].data(), given.data(), given.bytes());
    OMSERVE_RETURN_IF_ERROR(
        stream_.CopyToDevice(inputs_[i].data(), host_inputs_[i].data(), given.bytes()));
  }
  return stream_.Synchronize(kLimit);
}

absl::StatusOr<absl::Duration> ModelTrial::Run(int gear) {
  for (size_t i = 0; i < inputs_.size(); ++i) {
    OMSERVE_RETURN_IF_ERROR(
        slot_->SetInput(i, inputs_[i].data(), BytesAtGear(info().inputs[i], gear)));
  }
  for (size_t i = 0; i < outputs_.size(); ++i) {
    OMSERVE_RETURN_IF_ERROR(slot_->SetOutput(i, outputs_[i].data(), info().outputs[i].bytes));
  }
  OMSERVE_RETURN_IF_ERROR(slot_->SetGear(gear));
  OMSERVE_RETURN_IF_ERROR(stream_.Record(start_));
  const absl::Status queued = model_->instance(0).Execute(*slot_, stream_);
  const absl::Status ended = stream_.Record(end_);
  // Also when that failed: nothing may be released that is at work.
  OMSERVE_RETURN_IF_ERROR(stream_.Synchronize(kLimit));
  OMSERVE_RETURN_IF_ERROR(queued);
  OMSERVE_RETURN_IF_ERROR(ended);
  return Event::Elapsed(start_, end_);
}

absl::StatusOr<std::vector<HostTensor>> ModelTrial::Outputs(int gear) {
  std::vector<HostTensor> tensors;
  for (size_t i = 0; i < outputs_.size(); ++i) {
    const ModelTensor& output = info().outputs[i];
    const size_t bytes = static_cast<size_t>(gear) * output.row_bytes;
    OMSERVE_RETURN_IF_ERROR(stream_.CopyToHost(host_outputs_[i].data(), outputs_[i].data(), bytes));
    OMSERVE_RETURN_IF_ERROR(stream_.Synchronize(kLimit));
    tensors.push_back(
        TensorAllocator::Heap().Allocate(output.dtype, output.ShapeFor(gear, info().max_gear())));
    std::memcpy(tensors.back().data(), host_outputs_[i].data(), tensors.back().bytes());
  }
  return tensors;
}

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/batching/batch.h"

#include <utility>

#include "pipelines/base/status_macros.h"

namespace omserve {

absl::Status Batch::Submit(ModelInstance& instance, ExecutionSlot& slot, LaneStreams& streams,
                           LaneEvents& events) {
  for (const Segment& segment : formed_.segments) {
    OMSERVE_RETURN_IF_ERROR(segment.call->PrepareOutputs(info_, device_, staging_,
                                                         segment.items < segment.call->items()));
  }
  OMSERVE_RETURN_IF_ERROR(streams.in.Record(events.in_start));
  OMSERVE_RETURN_IF_ERROR(SetInputs(slot, streams.in));
  OMSERVE_RETURN_IF_ERROR(streams.in.Record(events.in_end));

  OMSERVE_RETURN_IF_ERROR(SetOutputs(slot));
  OMSERVE_RETURN_IF_ERROR(slot.SetGear(formed_.gear));
  OMSERVE_RETURN_IF_ERROR(streams.run.WaitFor(events.in_end));
  OMSERVE_RETURN_IF_ERROR(streams.run.Record(events.run_start));
  OMSERVE_RETURN_IF_ERROR(instance.Execute(slot, streams.run));
  OMSERVE_RETURN_IF_ERROR(streams.run.Record(events.run_end));

  OMSERVE_RETURN_IF_ERROR(streams.out.WaitFor(events.run_end));
  OMSERVE_RETURN_IF_ERROR(streams.out.Record(events.out_start));
  OMSERVE_RETURN_IF_ERROR(CopyOutputs(streams.out));
  return streams.out.Record(events.out_end);
}

size_t Batch::BytesAtGear(const ModelTensor& tensor) const {
  if (formed_.gear == info_.max_gear()) return tensor.bytes;
  return static_cast<size_t>(formed_.gear) * tensor.row_bytes;
}

absl::Status Batch::SetInputs(ExecutionSlot& slot, Stream& stream) {
  for (size_t i = 0; i < info_.inputs.size(); ++i) {
    const size_t bytes = BytesAtGear(info_.inputs[i]);
    const Segment& first = formed_.segments.front();
    const DeviceRows* rows = RowsOn(device_.id(), first.call->call().inputs[i]);
    if (formed_.segments.size() == 1 && rows != nullptr &&
        rows->Serves(first.first, first.items, formed_.gear, bytes)) {
      OMSERVE_RETURN_IF_ERROR(slot.SetInput(i, rows->row(first.first), bytes));
      continue;
    }
    OMSERVE_ASSIGN_OR_RETURN(DeviceBuffer buffer, device_.memory_pool().Allocate(bytes));
    std::byte* const to = buffer.data();
    inputs_.push_back(std::move(buffer));  // before work is queued that uses it
    OMSERVE_RETURN_IF_ERROR(Gather(i, to, stream));
    const size_t used = static_cast<size_t>(formed_.items) * info_.inputs[i].row_bytes;
    OMSERVE_RETURN_IF_ERROR(stream.Zero(to + used, bytes - used));
    OMSERVE_RETURN_IF_ERROR(slot.SetInput(i, to, bytes));
  }
  return absl::OkStatus();
}

absl::Status Batch::Gather(size_t input, std::byte* to, Stream& stream) {
  const size_t row_bytes = info_.inputs[input].row_bytes;
  for (const Segment& segment : formed_.segments) {
    const StageTensor& tensor = segment.call->call().inputs[input];
    std::byte* const at = to + static_cast<size_t>(segment.row) * row_bytes;
    const size_t bytes = static_cast<size_t>(segment.items) * row_bytes;
    if (const DeviceRows* rows = RowsOn(device_.id(), tensor)) {
      OMSERVE_RETURN_IF_ERROR(CopyRows(at, rows->row(segment.first), bytes, stream));
    } else {
      const std::byte* from = tensor.host.data() + static_cast<size_t>(segment.first) * row_bytes;
      OMSERVE_RETURN_IF_ERROR(stream.CopyToDevice(at, from, bytes));
    }
  }
  return absl::OkStatus();
}

absl::Status Batch::CopyRows(std::byte* to, const std::byte* from, size_t bytes, Stream& stream) {
  if (Stream::CanCopyOnDevice(to, from)) return stream.CopyOnDevice(to, from, bytes);
  OMSERVE_ASSIGN_OR_RETURN(HostTensor bounce,
                           staging_.TryAllocate(DType::kUint8, {static_cast<int64_t>(bytes)}));
  std::byte* const host = bounce.data();
  bounces_.push_back(std::move(bounce));  // before work is queued that uses it
  OMSERVE_RETURN_IF_ERROR(stream.CopyToHost(host, from, bytes));
  return stream.CopyToDevice(to, host, bytes);
}

absl::Status Batch::SetOutputs(ExecutionSlot& slot) {
  for (size_t i = 0; i < info_.outputs.size(); ++i) {
    // As large as for the largest gear: with gears the hardware checks no size.
    const size_t bytes = info_.outputs[i].bytes;
    auto block = std::make_shared<DeviceRows::Block>();
    OMSERVE_ASSIGN_OR_RETURN(block->buffer, device_.memory_pool().Allocate(bytes));
    block->used = formed_.items;
    block->computed = formed_.gear;
    OMSERVE_RETURN_IF_ERROR(slot.SetOutput(i, block->buffer.data(), bytes));
    outputs_.push_back(std::move(block));
  }
  return absl::OkStatus();
}

absl::Status Batch::CopyOutputs(Stream& stream) {
  for (size_t i = 0; i < info_.outputs.size(); ++i) {
    const size_t row_bytes = info_.outputs[i].row_bytes;
    for (const Segment& segment : formed_.segments) {
      const std::byte* from =
          outputs_[i]->buffer.data() + static_cast<size_t>(segment.row) * row_bytes;
      const size_t bytes = static_cast<size_t>(segment.items) * row_bytes;
      if (std::byte* host = segment.call->HostRow(i, segment.first, row_bytes)) {
        OMSERVE_RETURN_IF_ERROR(stream.CopyToHost(host, from, bytes));
      }
      if (std::byte* to = segment.call->DeviceRow(i, segment.first, row_bytes)) {
        OMSERVE_RETURN_IF_ERROR(CopyRows(to, from, bytes, stream));
      }
    }
  }
  return absl::OkStatus();
}

void Batch::KeepOutputs() {
  for (size_t i = 0; i < info_.outputs.size(); ++i) {
    const ModelTensor& output = info_.outputs[i];
    for (const Segment& segment : formed_.segments) {
      const bool split = segment.items < segment.call->items();
      if (split || !segment.call->keeps(i)) continue;
      segment.call->KeepOutput(
          i, std::make_shared<DeviceRows>(device_.id(), outputs_[i], output.dtype, output.row_bytes,
                                          segment.row, segment.items));
    }
  }
}

}  // namespace omserve

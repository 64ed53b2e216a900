// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/batching/batch.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "pipelines/base/status_macros.h"
#include "server/batching/promised_rows.h"

namespace omserve {
namespace {

// A copy of so many bytes takes no longer than asking for it.
constexpr size_t kSmallCopy = 4 << 10;
// Rows of several calls are held together by the last of them that lives, so not too many.
constexpr size_t kMostShared = 256 << 10;
constexpr size_t kHostAlignment = 64;  // of HostTensor

}  // namespace

absl::Status Batch::Submit(ModelInstance& instance, ExecutionSlot& slot, const LaneStreams& streams,
                           LaneEvents& events, const Clock& clock) {
  OMSERVE_RETURN_IF_ERROR(PrepareOutputs());
  OMSERVE_RETURN_IF_ERROR(SetOutputs(slot));
  OMSERVE_RETURN_IF_ERROR(streams.in.Record(events.in_start));
  OMSERVE_RETURN_IF_ERROR(SetInputs(slot, streams, events));
  if (gathered_) OMSERVE_RETURN_IF_ERROR(streams.run.Record(events.gather_end));
  OMSERVE_RETURN_IF_ERROR(streams.in.Record(events.in_end));

  OMSERVE_RETURN_IF_ERROR(slot.SetGear(formed_.gear));
  if (!streams.one()) {
    OMSERVE_RETURN_IF_ERROR(streams.run.WaitFor(events.in_end));
    OMSERVE_RETURN_IF_ERROR(streams.run.Record(events.run_start));
  }
  addressed_ = clock.Now();
  OMSERVE_RETURN_IF_ERROR(instance.Execute(slot, streams.run));
  OMSERVE_RETURN_IF_ERROR(streams.run.Record(events.run_end));
  OMSERVE_RETURN_IF_ERROR(KeepOutputs(streams.run));
  if (!streams.one()) {
    OMSERVE_RETURN_IF_ERROR(streams.run.Record(events.keep_end));
    OMSERVE_RETURN_IF_ERROR(streams.out.WaitFor(events.keep_end));
  }
  out_start_set_ = kept_ || !streams.one();
  if (out_start_set_) OMSERVE_RETURN_IF_ERROR(streams.out.Record(events.out_start));
  OMSERVE_RETURN_IF_ERROR(CopyOutputs(streams.out));
  return streams.out.Record(events.out_end);
}

absl::Status Batch::PrepareOutputs() {
  ShareHost();
  for (const Segment& segment : formed_.segments) {
    const bool split = segment.items < segment.call->call().items;
    OMSERVE_RETURN_IF_ERROR(segment.outputs->Prepare(device_, staging_, split));
  }
  return absl::OkStatus();
}

bool Batch::ManySmall(size_t row_bytes) const {
  const size_t calls = formed_.segments.size();
  const size_t bytes = static_cast<size_t>(formed_.items) * row_bytes;
  return calls > 1 && bytes <= calls * kSmallCopy && bytes <= kMostShared;
}

void Batch::ShareHost() {
  const std::vector<int>& fetch = formed_.segments.front().call->call().fetch;
  const bool alike =
      std::all_of(formed_.segments.begin(), formed_.segments.end(), [&](const Segment& segment) {
        const StageCall& call = segment.call->call();
        return segment.items == call.items && call.fetch == fetch && segment.outputs->untouched();
      });
  if (!alike) return;
  for (const int index : fetch) {
    const size_t i = static_cast<size_t>(index);
    const size_t row_bytes = info_.outputs[i].row_bytes;
    if (!ManySmall(row_bytes) || row_bytes % kHostAlignment != 0) continue;
    const int64_t bytes = formed_.items * static_cast<int64_t>(row_bytes);
    absl::StatusOr<HostTensor> rows = staging_.TryAllocate(DType::kUint8, {bytes});
    if (!rows.ok()) return;  // it may do for some
    // Shared: the memory goes with the last call's rows.
    const auto block = std::make_shared<HostTensor>(*std::move(rows));
    for (const Segment& segment : formed_.segments) {
      std::byte* const at = block->data() + static_cast<size_t>(segment.row) * row_bytes;
      segment.outputs->UseHost(i, std::shared_ptr<std::byte>(block, at));
    }
    shared_.resize(info_.outputs.size());
    shared_[i] = *block;
  }
}

size_t Batch::BytesAtGear(const ModelTensor& tensor) const {
  if (formed_.gear == info_.max_gear()) return tensor.bytes;
  return static_cast<size_t>(formed_.gear) * tensor.row_bytes;
}

absl::Status Batch::SetInputs(ExecutionSlot& slot, const LaneStreams& streams, LaneEvents& events) {
  for (size_t i = 0; i < info_.inputs.size(); ++i) {
    const size_t bytes = BytesAtGear(info_.inputs[i]);
    const Segment& first = formed_.segments.front();
    auto rows = RowsOf(first.call->call().inputs[i]);
    if (formed_.segments.size() == 1 && rows != nullptr && rows->device() == device_.id() &&
        rows->Serves(first.first, first.items, formed_.gear, bytes)) {
      OMSERVE_RETURN_IF_ERROR(slot.SetInput(i, rows->row(first.first), bytes));
      rows_.push_back(std::move(rows));
      continue;
    }
    OMSERVE_ASSIGN_OR_RETURN(DeviceBuffer buffer, device_.memory_pool().Allocate(bytes));
    std::byte* const to = buffer.data();
    inputs_.push_back(std::move(buffer));  // before work is queued that uses it
    const size_t used = static_cast<size_t>(formed_.items) * info_.inputs[i].row_bytes;
    if (HostTensor rows_on_host = GatherOnHost(i); rows_on_host.has_value()) {
      const std::byte* const from = rows_on_host.data();
      bounces_.push_back(std::move(rows_on_host));  // before work is queued that uses it
      OMSERVE_RETURN_IF_ERROR(streams.in.CopyToDevice(to, from, used));
    } else {
      for (const Segment& segment : formed_.segments) {
        OMSERVE_RETURN_IF_ERROR(Gather(segment, i, to, streams, events));
      }
    }
    OMSERVE_RETURN_IF_ERROR(streams.in.Zero(to + used, bytes - used));
    OMSERVE_RETURN_IF_ERROR(slot.SetInput(i, to, bytes));
  }
  return absl::OkStatus();
}

HostTensor Batch::GatherOnHost(size_t input) const {
  const size_t row_bytes = info_.inputs[input].row_bytes;
  const bool on_host = std::all_of(formed_.segments.begin(), formed_.segments.end(),
                                   [input](const Segment& segment) {
                                     return segment.call->call().inputs[input].device == nullptr;
                                   });
  if (!on_host || !ManySmall(row_bytes)) return HostTensor();
  const int64_t bytes = formed_.items * static_cast<int64_t>(row_bytes);
  absl::StatusOr<HostTensor> rows = staging_.TryAllocate(DType::kUint8, {bytes});
  if (!rows.ok()) return HostTensor();  // as they are, then
  for (const Segment& segment : formed_.segments) {
    const std::byte* const from = segment.call->call().inputs[input].host.data();
    std::memcpy(rows->data() + static_cast<size_t>(segment.row) * row_bytes,
                from + static_cast<size_t>(segment.first) * row_bytes,
                static_cast<size_t>(segment.items) * row_bytes);
  }
  return *std::move(rows);
}

absl::Status Batch::Gather(const Segment& segment, size_t input, std::byte* to,
                           const LaneStreams& streams, LaneEvents& events) {
  const size_t row_bytes = info_.inputs[input].row_bytes;
  const StageTensor& tensor = segment.call->call().inputs[input];
  std::byte* const at = to + static_cast<size_t>(segment.row) * row_bytes;
  const size_t bytes = static_cast<size_t>(segment.items) * row_bytes;
  if (tensor.device == nullptr) {
    const std::byte* from = tensor.host.data() + static_cast<size_t>(segment.first) * row_bytes;
    return streams.in.CopyToDevice(at, from, bytes);
  }
  auto rows = RowsOf(tensor);
  if (rows == nullptr) {
    return absl::InternalError(absl::StrCat("input ", info_.inputs[input].name,
                                            " was promised by a stage that has not run"));
  }
  rows_.push_back(rows);
  if (rows->device() == device_.id()) {
    // Behind the batch that makes them, which may still run.
    if (!gathered_) OMSERVE_RETURN_IF_ERROR(streams.run.Record(events.gather_start));
    gathered_ = true;
    return CopyRows(at, rows->row(segment.first), bytes, streams.run);
  }
  OMSERVE_ASSIGN_OR_RETURN(HostTensor moved, mover_.Fetch(*rows, segment.first, segment.items));
  const std::byte* const from = moved.data();
  bounces_.push_back(std::move(moved));  // before work is queued that uses it
  return streams.in.CopyToDevice(at, from, bytes);
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
    const ModelTensor& output = info_.outputs[i];
    // As large as for the largest gear: with gears the hardware checks no size.
    auto block = std::make_shared<DeviceRows::Block>();
    OMSERVE_ASSIGN_OR_RETURN(block->buffer, device_.memory_pool().Allocate(output.bytes));
    block->used = formed_.items;
    block->computed = formed_.gear;
    OMSERVE_RETURN_IF_ERROR(slot.SetOutput(i, block->buffer.data(), output.bytes));
    for (const Segment& segment : formed_.segments) {
      const bool split = segment.items < segment.call->call().items;
      if (split || !segment.outputs->keeps(i)) continue;
      segment.outputs->Keep(
          i, std::make_shared<DeviceRows>(device_.id(), block, output.dtype, output.row_bytes,
                                          segment.row, segment.items));
    }
    outputs_.push_back(std::move(block));
  }
  return absl::OkStatus();
}

absl::Status Batch::KeepOutputs(Stream& stream) {
  for (size_t i = 0; i < info_.outputs.size(); ++i) {
    const size_t row_bytes = info_.outputs[i].row_bytes;
    for (const Segment& segment : formed_.segments) {
      std::byte* const to = segment.outputs->DeviceRow(i, segment.first);
      if (to == nullptr) continue;
      kept_ = true;
      const std::byte* from =
          outputs_[i]->buffer.data() + static_cast<size_t>(segment.row) * row_bytes;
      const size_t bytes = static_cast<size_t>(segment.items) * row_bytes;
      OMSERVE_RETURN_IF_ERROR(CopyRows(to, from, bytes, stream));
    }
  }
  return absl::OkStatus();
}

absl::Status Batch::CopyOutputs(Stream& stream) {
  for (size_t i = 0; i < info_.outputs.size(); ++i) {
    const size_t row_bytes = info_.outputs[i].row_bytes;
    if (i < shared_.size() && shared_[i].has_value()) {
      OMSERVE_RETURN_IF_ERROR(
          stream.CopyToHost(shared_[i].data(), outputs_[i]->buffer.data(), shared_[i].bytes()));
      continue;
    }
    for (const Segment& segment : formed_.segments) {
      std::byte* const host = segment.outputs->HostRow(i, segment.first);
      if (host == nullptr) continue;
      const std::byte* from =
          outputs_[i]->buffer.data() + static_cast<size_t>(segment.row) * row_bytes;
      const size_t bytes = static_cast<size_t>(segment.items) * row_bytes;
      OMSERVE_RETURN_IF_ERROR(stream.CopyToHost(host, from, bytes));
    }
  }
  return absl::OkStatus();
}

}  // namespace omserve

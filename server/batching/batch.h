// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/batching/device_queue.h"
#include "server/batching/device_rows.h"
#include "server/device/event.h"
#include "server/device/execution_slot.h"
#include "server/device/model.h"
#include "server/device/stream.h"

namespace omserve {

// The three streams of a lane: copies in, runs and copies out go on side by side. A value holder,
// owned by the lane.
struct LaneStreams {
  Stream in;
  Stream run;
  Stream out;
};

// The marks of one batch in the streams; owned by the lane and used again.
struct LaneEvents {
  Event in_start, in_end, run_start, run_end, out_start, out_end;
};

// One batch on the device: owns its buffers from Submit until all its work has ended. Made and
// submitted by the lane's submitting thread, waited for and ended by the completing one.
// Thread-compatible.
class Batch {
 public:
  Batch(FormedBatch formed, const ModelInfo& info, Device& device, StagingPool& staging)
      : formed_(std::move(formed)), info_(info), device_(device), staging_(staging) {}

  const FormedBatch& formed() const { return formed_; }

  // Queues copies in, run and copies out. Never waits for the device. On an error part of it may
  // be queued.
  absl::Status Submit(ModelInstance& instance, ExecutionSlot& slot, LaneStreams& streams,
                      LaneEvents& events);

  // Gives the calls what stays on the device. REQUIRES: all went well and has ended.
  void KeepOutputs();

 private:
  absl::Status SetInputs(ExecutionSlot& slot, Stream& stream);
  absl::Status Gather(size_t input, std::byte* to, Stream& stream);
  absl::Status SetOutputs(ExecutionSlot& slot);
  // Copies rows within the device, by way of the host where an address does not suit the hardware.
  absl::Status CopyRows(std::byte* to, const std::byte* from, size_t bytes, Stream& stream);
  absl::Status CopyOutputs(Stream& stream);
  // Bytes that the model touches at this gear.
  size_t BytesAtGear(const ModelTensor& tensor) const;

  const FormedBatch formed_;
  const ModelInfo& info_;
  Device& device_;
  StagingPool& staging_;
  std::vector<DeviceBuffer> inputs_;
  std::vector<HostTensor> bounces_;                          // pinned
  std::vector<std::shared_ptr<DeviceRows::Block>> outputs_;  // shared with the calls that keep them
};

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "pipelines/base/clock.h"
#include "server/batching/device_rows.h"
#include "server/batching/formed_batch.h"
#include "server/batching/tensor_mover.h"
#include "server/device/event.h"
#include "server/device/execution_slot.h"
#include "server/device/model.h"
#include "server/device/stream.h"

namespace omserve {

// The streams that a batch uses: copies in, runs and copies out go on side by side with those of
// other batches. A batch that has the lane for itself uses one for all, which wakes fewer threads.
// Of the lane.
struct LaneStreams {
  Stream& in;
  Stream& run;
  Stream& out;

  bool one() const { return &in == &run; }
};

// The marks of one batch in the streams; owned by the lane and used again. With one stream for all,
// run_start and keep_end are not set: in_end is where the run starts. out_start: see Batch.
struct LaneEvents {
  Event in_start, in_end, gather_start, gather_end, run_start, run_end, keep_end, out_start,
      out_end;
};

// One batch on the device: owns its buffers from Submit until all its work has ended. Made and
// submitted by the lane's submitting thread, waited for and ended by the completing one.
// Thread-compatible.
class Batch {
 public:
  Batch(FormedBatch formed, Device& device, StagingPool& staging, TensorMover& mover)
      : formed_(std::move(formed)),
        info_(formed_.stage->info()),
        device_(device),
        staging_(staging),
        mover_(mover) {}

  const FormedBatch& formed() const { return formed_; }

  // Queues copies in, run and copies out. Never waits for the device, unless rows must come from
  // another one. On an error part of it may be queued.
  // 'clock' tells when all was there for the run.
  absl::Status Submit(ModelInstance& instance, ExecutionSlot& slot, const LaneStreams& streams,
                      LaneEvents& events, const Clock& clock);
  // When all was there for the run to be queued, which the run's time begins with. Infinite past if
  // never.
  absl::Time addressed() const { return addressed_; }

  // True when rows were gathered on the device before the run.
  bool gathered() const { return gathered_; }

  // False when the copies out start where the run ends: out_start is not set then.
  bool out_start_set() const { return out_start_set_; }

  // Gives the batch up: its memory is released, its calls are the caller's. REQUIRES: all its work
  // has ended.
  FormedBatch Release() { return std::move(formed_); }

 private:
  absl::Status PrepareOutputs();
  // Small rows come to the host in one copy, into one block that the calls share.
  void ShareHost();
  // The rows of an input one after the other, when they are many and small: a copy more on the
  // host, but only one to the device. Unset when they are not, or there is no memory.
  HostTensor GatherOnHost(size_t input) const;
  // True when a copy for each call would take longer to ask for than to do.
  bool ManySmall(size_t row_bytes) const;
  absl::Status SetInputs(ExecutionSlot& slot, const LaneStreams& streams, LaneEvents& events);
  // Copies the rows of one call to where the run reads them.
  absl::Status Gather(const Segment& segment, size_t input, std::byte* to,
                      const LaneStreams& streams, LaneEvents& events);
  absl::Status SetOutputs(ExecutionSlot& slot);
  // Copies rows within the device, by way of the host where an address does not suit the hardware.
  absl::Status CopyRows(std::byte* to, const std::byte* from, size_t bytes, Stream& stream);
  // What goes on within the device, in the run's stream, so that what is queued behind it may read.
  absl::Status KeepOutputs(Stream& stream);
  absl::Status CopyOutputs(Stream& stream);
  // Bytes that the model touches at this gear.
  size_t BytesAtGear(const ModelTensor& tensor) const;

  FormedBatch formed_;
  const ModelInfo& info_;
  Device& device_;
  StagingPool& staging_;
  TensorMover& mover_;
  bool gathered_ = false;
  bool kept_ = false;  // rows were put together on the device, behind the run
  bool out_start_set_ = false;
  absl::Time addressed_ = absl::InfinitePast();
  absl::InlinedVector<std::shared_ptr<const DeviceRows>, 2> rows_;  // that the run reads
  absl::InlinedVector<DeviceBuffer, 2> inputs_;
  absl::InlinedVector<HostTensor, 1> bounces_;  // pinned
  absl::InlinedVector<HostTensor, 2> shared_;   // by output, where ShareHost made one; or empty
  // Shared with the calls that keep them.
  absl::InlinedVector<std::shared_ptr<DeviceRows::Block>, 2> outputs_;
};

}  // namespace omserve

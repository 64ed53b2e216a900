// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pipelines/base/tensor.h"
#include "server/batching/engine_stage.h"
#include "server/device/device_memory_pool.h"
#include "server/device/device_set.h"
#include "server/device/event.h"
#include "server/device/stream.h"

namespace omserve {

// Runs one idle stage on one device, in its first slot, with inputs that it makes itself. Owns the
// memory of a run: when a wait runs out it must be kept for ever. Movable; thread-compatible, on
// threads that are bound to the device.
class Rehearsal {
 public:
  enum class Inputs {
    kZeros,
    kKnown,  // numbers that change from element to element, always the same; zeros for integers
  };
  static absl::StatusOr<Rehearsal> Create(const EngineStage& stage, size_t device,
                                          DeviceSet& devices, Inputs inputs);

  // Queues one run. REQUIRES: one of the stage's gears.
  absl::Status Queue(int gear);
  // Until all that was queued has ended; IsWaitTimeout() after two minutes.
  absl::Status Wait();
  // Device times of the last run. REQUIRES: it has ended.
  absl::StatusOr<absl::Duration> CopyInTime() const { return Event::Elapsed(start_, copied_); }
  absl::StatusOr<absl::Duration> ExecuteTime() const { return Event::Elapsed(copied_, end_); }

  // Runs once and gives all outputs, as one row each, in heap memory.
  absl::StatusOr<std::vector<HostTensor>> Answer(int gear);

 private:
  Rehearsal(const EngineStage& stage, size_t device, StagingPool& staging, Stream stream,
            Event start, Event copied, Event end)
      : stage_(&stage),
        device_(device),
        staging_(&staging),
        stream_(std::move(stream)),
        start_(std::move(start)),
        copied_(std::move(copied)),
        end_(std::move(end)) {}
  size_t BytesAtGear(const ModelTensor& tensor, int gear) const;

  const EngineStage* stage_;
  size_t device_;
  StagingPool* staging_;
  std::vector<HostTensor> host_;  // page-locked: the inputs, then what is copied out
  std::vector<DeviceBuffer> inputs_;
  std::vector<DeviceBuffer> outputs_;
  Stream stream_;
  Event start_, copied_, end_;
};

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <map>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "pipelines/base/mutex.h"
#include "pipelines/base/tensor.h"
#include "server/batching/engine_stage.h"
#include "server/batching/tensor_mover.h"
#include "server/device/device_set.h"

namespace omserve {

// Gets a device back that has failed: takes off what is on it, resets it, loads the stages again,
// and believes it only when every stage gives the answer to a known input that it gave when it was
// first loaded there. ascendcl has no promise that a reset helps, so the answer is the proof. Owned
// by the engine. Thread-safe; the calls take turns.
class DeviceRecovery {
 public:
  // 'tolerance' is the largest difference of an output that counts as equal, of its largest
  // absolute value. Everything borrowed outlives the object.
  DeviceRecovery(DeviceSet& devices, TensorMover& mover, double tolerance)
      : devices_(devices), mover_(mover), tolerance_(tolerance) {}

  // Runs the idle stage on each of its devices once and remembers the answers. The stage lives
  // until Forget. Errors: what the devices say.
  absl::Status Add(EngineStage& stage) ABSL_LOCKS_EXCLUDED(mutex_);
  // Waits for a recovery that is under way. A stage that is 'idle', with nothing of it on a device,
  // is unloaded where a reset may come.
  void Forget(EngineStage& stage, bool idle) ABSL_LOCKS_EXCLUDED(mutex_);

  // REQUIRES: the device is marked unhealthy, and its lanes are gone. When ok it works, but is
  // still marked. Errors: DATA_LOSS when an answer is another one than before, else what the device
  // says.
  absl::Status Recover(size_t device) ABSL_LOCKS_EXCLUDED(mutex_);

  // A run of ours never ended: what it uses must never be released.
  bool stuck() const { return stuck_.load(); }

 private:
  using Answer = std::vector<HostTensor>;  // by output
  struct Known {
    EngineStage* stage = nullptr;
    std::map<size_t, Answer> answers;  // by device
  };

  absl::StatusOr<Answer> Ask(const EngineStage& stage, size_t device);
  absl::Status Check(const EngineStage& stage, size_t device, const Answer& expected);

  DeviceSet& devices_;
  TensorMover& mover_;
  const double tolerance_;
  std::atomic<bool> stuck_{false};
  Mutex mutex_;
  std::vector<Known> known_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace omserve {

// One batch that ended, well or not. The views are valid during the call only.
struct BatchRecord {
  std::string_view model;
  std::string_view stage;
  int device = -1;
  int gear = 0;               // rows that the device computed
  int items = 0;              // rows that carried an item
  int padding = 0;            // gear - items
  int calls = 0;              // requests' calls that had items in it
  absl::Duration queue;       // of the item that waited longest
  absl::Duration batch_form;  // host time until its run was queued
  absl::Duration h2d;
  absl::Duration execute;  // time that the device was busy with it
  absl::Duration d2h;
  absl::Status status;
};

// Why calls of stages end, as OnCallEnded tells it; "done" is the first.
std::vector<std::string_view> CallEndReasons();

// How attempts to get a device back end, as OnDeviceRecovery tells it; "recovered" is the first.
std::vector<std::string_view> RecoveryResults();

// Hears what the engine does; for metrics. Called without any lock held, on threads of the devices
// among others, so it must be quick and must not block. Does nothing by itself. Implementations are
// thread-safe and outlive the engine.
class BatchObserver {
 public:
  virtual ~BatchObserver() = default;
  // After a batch ended. The sum of 'execute' is the device's busy time.
  virtual void OnBatch(const BatchRecord& /*record*/) {}
  // Items that wait for a stage, in no batch, after they changed.
  virtual void OnQueueDepth(std::string_view /*model*/, std::string_view /*stage*/, int /*items*/) {
  }
  // A call of a stage ended: "done", or why not, one of CallEndReasons.
  virtual void OnCallEnded(std::string_view /*model*/, std::string_view /*stage*/,
                           std::string_view /*reason*/) {}
  // A call was run again alone: whether the outputs were equal, within the tolerance.
  virtual void OnShadowCheck(std::string_view /*model*/, std::string_view /*stage*/,
                             bool /*equal*/) {}
  // A device that was out is back ("recovered"), or why not, one of RecoveryResults.
  virtual void OnDeviceRecovery(int /*device*/, std::string_view /*result*/) {}
};

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/device/device_set.h"
#include "server/device/model.h"

namespace omserve {

// What a manifest says about one stage of a pipeline.
struct StageSpec {
  std::string name;
  std::string om_path;
  std::vector<std::string> inputs;   // in the order of the OM; empty: not checked
  std::vector<std::string> outputs;  // in the order of the OM; empty: not checked
  int instances = 1;                 // loads per device; they share the weights
  int max_queue_items = 1024;        // over all devices; more are refused
  // Items that one request may have here, the rest is cut and reported; 0 is no limit.
  int max_items_per_request = 0;
  // The longest that a batch with room left is held back while the device is busy anyway. Zero:
  // until shortly before the device is expected to be free. An idle device never waits.
  absl::Duration max_delay = absl::ZeroDuration();
  std::vector<int> devices;  // ids of those that it is on; empty: all
  // A request may pass without an item for the stage.
  bool skippable = false;
};

// A stage with its OM loaded on its devices of a set. Owned by the model version that it is part
// of, then by the runner; the devices must outlive it. Movable; thread-compatible.
struct LoadedStage {
  StageSpec spec;
  // In the order of the set; null for devices that the stage is not on.
  std::vector<std::unique_ptr<LoadedModel>> models;

  // The same on all its devices.
  const ModelInfo& info() const;

  // Device memory that Load will take, bytes, by device of the set. Errors as Load.
  static absl::StatusOr<std::vector<int64_t>> BytesOf(const StageSpec& spec, DeviceSet& devices);

  // Loads; blocks for as long as the devices need. Errors: NOT_FOUND (no such file),
  // FAILED_PRECONDITION (file not usable, or inputs and outputs are not those of the spec),
  // INVALID_ARGUMENT (spec), RESOURCE_EXHAUSTED (device memory), UNAVAILABLE (device).
  static absl::StatusOr<LoadedStage> Load(StageSpec spec, DeviceSet& devices);
};

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/scheduling/gear_costs.h"

namespace omserve {

// What the gears of models were measured to take, kept on disk from one start to the next: one
// small text file for each model and device type. Files that cannot be read or are damaged count as
// absent. Owned by the engine. Thread-compatible; several processes may share a folder.
class CostCache {
 public:
  // An empty folder keeps nothing.
  explicit CostCache(std::string folder) : folder_(std::move(folder)) {}

  // Names a model by its content: its size and a hash of samples from all over the file, so that a
  // large one need not be read whole. Models that differ in little take the same time anyway.
  // NOT_FOUND.
  static absl::StatusOr<std::string> KeyOf(const std::string& om_path);

  // Empty when nothing is known. The rows' 'stage' is left empty.
  std::vector<scheduling::GearCosts::Row> Load(const std::string& device_type,
                                               const std::string& model) const;
  // Never leaves a file half written. UNAVAILABLE when the folder cannot be written.
  absl::Status Save(const std::string& device_type, const std::string& model,
                    const std::vector<scheduling::GearCosts::Row>& rows) const;

 private:
  std::string PathOf(const std::string& device_type, const std::string& model) const;

  const std::string folder_;
};

}  // namespace omserve

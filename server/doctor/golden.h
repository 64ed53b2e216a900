// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "pipelines/base/tensor.h"
#include "server/doctor/model_trial.h"

namespace omserve {

// One tensor in a NumPy file. A value.
struct GoldenTensor {
  std::string name;    // of the model's input or output
  std::string file;    // below the golden folder
  std::string sha256;  // of the file
};

// What one gear of a model answered to known inputs. A value.
struct GoldenModel {
  std::string om;      // below the folder of models that was measured
  std::string sha256;  // of the OM file
  int gear = 0;        // rows of every tensor
  uint64_t seed = 0;   // of SeededInputs
  std::vector<GoldenTensor> inputs;
  std::vector<GoldenTensor> outputs;
};

// What a card answered: FOLDER/golden.json and a NumPy file a tensor. A value.
struct GoldenSet {
  std::string chip;     // "Ascend910B3"
  std::string library;  // version of the interface
  std::vector<GoldenModel> models;
};

// Runs one of the model's gears on seeded inputs, and writes both sides to 'folder'/STEM/gear_N/.
// Errors: those of the run, UNAVAILABLE (cannot be written).
absl::StatusOr<GoldenModel> MakeGolden(ModelTrial& trial, int gear, const std::string& om_path,
                                       const std::string& om_name, const std::string& folder,
                                       uint64_t seed);

// FOLDER/golden.json. Errors: NOT_FOUND, INVALID_ARGUMENT (names the key), UNAVAILABLE (writing).
absl::Status WriteGoldenIndex(const std::string& folder, const GoldenSet& set);
absl::StatusOr<GoldenSet> ReadGoldenIndex(const std::string& folder);

// Reads a tensor back. DATA_LOSS when the file is not the one that was written.
absl::StatusOr<HostTensor> ReadGoldenTensor(const std::string& folder, const GoldenTensor& tensor);

}  // namespace omserve

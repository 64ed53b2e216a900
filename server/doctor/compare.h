// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "pipelines/base/tensor.h"

namespace omserve {

// How far one tensor is from another. A value.
struct TensorDifference {
  double max_abs = 0;  // the largest difference of two elements; infinite when one is no number
  double cosine = 1;   // of the two as vectors; 1 when both are zero
  bool equal = true;   // bit for bit
};

// INVALID_ARGUMENT when types or shapes differ. Summed in double.
absl::StatusOr<TensorDifference> Difference(const HostTensor& a, const HostTensor& b);

// What `omserve-doctor compare` is asked to do.
struct CompareOptions {
  std::string golden;  // folder that profile wrote
  std::string models;  // folder with OM files of the same names
  std::string acl_library = "libascendcl.so";
  double min_cosine = 0.999;
  std::FILE* progress = nullptr;
};

// One output of one model.
struct OutputComparison {
  std::string name;
  TensorDifference difference;
};

// One gear of one model.
struct ModelComparison {
  std::string om;
  int gear = 0;
  std::string problem;   // why it could not be compared; empty: it was
  bool same_om = false;  // the very file that was measured
  std::vector<OutputComparison> outputs;

  bool ok(double min_cosine) const;
};

// A value.
struct CompareReport {
  std::string golden_chip, chip;
  double min_cosine = 0;
  std::vector<ModelComparison> models;

  bool ok() const;
};

// Runs every model on the golden inputs, on the first device, and compares what comes out. Errors:
// NOT_FOUND (golden folder, library), INVALID_ARGUMENT (golden.json), UNAVAILABLE (no device). What
// goes wrong with one model is in the report. Blocks.
absl::StatusOr<CompareReport> RunCompare(const CompareOptions& options);

std::string CompareText(const CompareReport& report);
std::string CompareJson(const CompareReport& report);

}  // namespace omserve

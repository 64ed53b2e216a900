// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "pipelines/base/tensor.h"

namespace omserve::kserve {

// The protocol's classification of an output: for every row its 'classes' largest values, best
// first, equal ones in their order, as BYTES elements "value:index" or "value:index:label". More
// classes than a row has values gives all. 'labels' are used when there is one a value.
struct Classes {
  Shape shape;      // [rows, classes]
  std::string raw;  // BYTES
};

// INVALID_ARGUMENT for an integer type other than INT32 and INT64. Thread-safe.
absl::StatusOr<Classes> Classify(const HostTensor& tensor, int64_t classes,
                                 const std::vector<std::string>& labels);

}  // namespace omserve::kserve

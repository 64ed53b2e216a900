// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "pipelines/base/quad.h"

namespace omserve {

// A map of probabilities, row by row; borrowed.
struct ProbabilityMap {
  const float* values = nullptr;
  int width = 0;
  int height = 0;
  int pitch = 0;  // values from one row to the next, at least 'width'
};

struct TextContourOptions {
  float threshold = 0.3F;  // a pixel is text when its probability is above
  bool dilation = true;    // spreads text by a 2 x 2 kernel to the right and down
};

// The contours of the text in a map, holes included, in the order of OpenCV's findContours
// (RETR_LIST, CHAIN_APPROX_SIMPLE): the last one in reading order comes first. INVALID_ARGUMENT
// when a side is under 1 or the pitch too small. Thread-safe.
absl::StatusOr<std::vector<std::vector<PointI>>> TextContours(const ProbabilityMap& map,
                                                              const TextContourOptions& options);

}  // namespace omserve

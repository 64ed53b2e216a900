// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "pipelines/base/mask_region.h"

namespace omserve {

// The outer contours of a mask, each as x and y by turns in pixels of the whole picture (OpenCV's
// findContours, RETR_EXTERNAL, CHAIN_APPROX_SIMPLE). Thread-safe.
absl::StatusOr<std::vector<std::vector<float>>> OuterContours(const MaskRegion& mask);

}  // namespace omserve

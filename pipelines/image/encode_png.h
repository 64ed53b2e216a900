// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "pipelines/base/mask_region.h"

namespace omserve {

// The whole mask as an 8-bit grey PNG of image_width x image_height, 0 or 255. Errors:
// RESOURCE_EXHAUSTED without memory, INTERNAL when libpng refuses. Thread-safe.
absl::StatusOr<std::string> EncodeMaskPng(const MaskRegion& mask);

}  // namespace omserve

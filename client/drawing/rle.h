// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace omserve::client {

// Decodes COCO's compressed run lengths (pycocotools "counts") into height * width bytes, row by
// row, 0 or 1. INVALID_ARGUMENT: sizes below 1 or above 2^28 pixels together, characters that do
// not belong, a cut-off number, a negative run, or runs that do not add up to the size.
// Thread-safe.
absl::StatusOr<std::vector<uint8_t>> DecodeRle(std::string_view counts, int height, int width);

}  // namespace omserve::client

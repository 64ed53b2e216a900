// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "pipelines/image/image_input.h"

namespace omserve {

// Bytes that Decode() will need for the pixels, read from the header in some microseconds; 0 for
// raw pixels, which are borrowed, and when the header does not tell. INVALID_ARGUMENT, as of
// Decode(), when the size is not allowed. Thread-safe.
absl::StatusOr<int64_t> DecodedSize(const ImageInput& input, const ImageLimits& limits);

}  // namespace omserve

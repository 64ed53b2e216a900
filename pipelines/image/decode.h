// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "pipelines/image/image_input.h"
#include "pipelines/image/picture.h"

namespace omserve {

// Whether the EXIF orientation of a JPEG or PNG is applied: cv2.imread does (ViTDet, PP-OCR),
// PIL.Image.open does not (InternViT, GroundingDINO).
enum class Orientation : uint8_t { kHonourExif, kIgnoreExif };

// The picture as 8-bit RGB; raw BGR stays BGR. Grey is spread, alpha is dropped, 16 bits become 8,
// CMYK is converted as cv2 does. A raw picture borrows the input's bytes. The size is checked from
// the header before anything is decoded. INVALID_ARGUMENT, with a text for the caller, when the
// bytes are empty, cut off, damaged, of another format, too large, or (raw) do not fit the size.
// Thread-safe.
absl::StatusOr<Picture> Decode(const ImageInput& input, const ImageLimits& limits,
                               Orientation orientation);

}  // namespace omserve

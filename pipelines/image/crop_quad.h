// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/statusor.h"
#include "pipelines/base/quad.h"
#include "pipelines/image/picture.h"

namespace omserve {

// The picture inside a quad, straightened: as wide as the longer of its horizontal edges, as high
// as the longer of its vertical ones, in whole pixels and at least 1; perspective, bicubic, borders
// replicated (PaddleOCR's get_rotate_crop_image, without its quarter turn). INVALID_ARGUMENT when
// the quad has no area or is larger than the picture by far. Thread-safe.
absl::StatusOr<Picture> CropQuad(const Picture& picture, const Quad& quad);

// Whether a crop is so tall (height over width of 1.5 or more) that its text runs downwards.
// Thread-safe.
bool IsUpright(const Picture& crop);

// The picture turned counter-clockwise by 90 or 180 degrees. REQUIRES: degrees is one of them.
// Thread-safe.
Picture TurnPicture(const Picture& picture, int degrees);

}  // namespace omserve

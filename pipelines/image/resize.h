// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/statusor.h"
#include "pipelines/image/picture.h"

namespace omserve {

// cv::resize with INTER_LINEAR on 8 bits: half-pixel centres, no antialias. The answer owns its
// pixels. INVALID_ARGUMENT when a side is under 1. Thread-safe.
absl::StatusOr<Picture> ResizeLinear(const Picture& picture, int width, int height);

// A part of the resized picture, in its pixels.
struct CropWindow {
  int x = 0, y = 0, width = 0, height = 0;
};

// Pillow's Image.resize with BICUBIC, bit for bit: antialiased when it shrinks, a = -0.5, 22-bit
// weights, across and then down, each pass rounded to 8 bits. Only 'crop' of the resized picture is
// computed. INVALID_ARGUMENT when a side is under 1 or the crop is not inside. Thread-safe.
// Formula: Pillow src/libImaging/Resample.c.
absl::StatusOr<Picture> ResizePillowBicubic(const Picture& picture, int width, int height,
                                            const CropWindow& crop);
// The same with BILINEAR, the triangle filter; antialiased too.
absl::StatusOr<Picture> ResizePillowBilinear(const Picture& picture, int width, int height,
                                             const CropWindow& crop);

}  // namespace omserve

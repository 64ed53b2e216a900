// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "pipelines/image/picture.h"

namespace omserve {

// The EXIF orientation, 1..8, of a JPEG or PNG; 1 when there is none or it makes no sense. Reads
// within the bytes whatever they hold. Thread-safe.
int ExifOrientation(std::string_view encoded);

// Turns a picture upright: 1 nothing, 2 mirrored, 3 by 180 degrees, 4 upside down, 5 transposed,
// 6 by 90 degrees clockwise, 7 transposed along the other diagonal, 8 by 90 degrees
// counter-clockwise. Thread-safe.
Picture Upright(Picture picture, int orientation);

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "pipelines/base/quad.h"

namespace omserve {

// The corners of any quad as top left, top right, bottom right, bottom left: the two leftmost by y,
// the two rightmost by y; of equal ones the first comes first (RapidOCR's order). Thread-safe.
Quad OrderClockwise(const Quad& quad);

// Cuts every corner to whole pixels inside a picture. Thread-safe.
Quad ClipToPicture(const Quad& quad, int width, int height);

// Whether the upper or the left edge is shorter than four whole pixels: too small to hold text.
// Thread-safe.
bool TooSmall(const Quad& quad);

// The order in which quads are read: from top to bottom, and from left to right where two that
// follow each other differ by less than 10 pixels in height (PaddleOCR's sorted_boxes). Gives the
// indices. Thread-safe.
std::vector<size_t> ReadingOrder(std::span<const Quad> quads);

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "pipelines/base/quad.h"

namespace omserve {

// Moves the edges of a closed outline outwards by ratio * area / perimeter, with round corners
// (DB's unclip; polyclipping's offset at its default arc tolerance of 0.25). Coordinates are cut to
// whole pixels first, as pyclipper does. Empty when that does not give exactly one outline, e.g.
// because the area is zero. Thread-safe.
std::vector<PointI> Unclip(std::span<const PointF> outline, double ratio);

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

namespace omserve {

// A point in pixels; y grows downwards.
struct PointF {
  float x = 0;
  float y = 0;
  bool operator==(const PointF&) const = default;
};

// A point on the pixel grid.
struct PointI {
  int32_t x = 0;
  int32_t y = 0;
  bool operator==(const PointI&) const = default;
};

// Four corners: top left, top right, bottom right, bottom left of the text as it stands.
using Quad = std::array<PointF, 4>;
// A closed outline of any number of corners.
using Polygon = std::vector<PointF>;

inline float Distance(PointF a, PointF b) { return std::hypot(a.x - b.x, a.y - b.y); }

}  // namespace omserve

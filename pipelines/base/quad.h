// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
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

// Sorts by x; of equal ones the first stays first.
inline void SortByX(std::array<PointF, 4>& points) {
  for (size_t i = 1; i < points.size(); ++i) {
    for (size_t j = i; j > 0 && points[j].x < points[j - 1].x; --j) {
      std::swap(points[j], points[j - 1]);
    }
  }
}

inline float Distance(PointF a, PointF b) { return std::hypot(a.x - b.x, a.y - b.y); }

}  // namespace omserve

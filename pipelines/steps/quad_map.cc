// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/steps/quad_map.h"

#include <cmath>

namespace omserve {

QuadMap::QuadMap(const Quad& quad) {
  const auto x = [&](size_t i) { return static_cast<double>(quad[i].x); };
  const auto y = [&](size_t i) { return static_cast<double>(quad[i].y); };
  const double dx1 = x(1) - x(2), dx2 = x(3) - x(2), dx3 = x(0) - x(1) + x(2) - x(3);
  const double dy1 = y(1) - y(2), dy2 = y(3) - y(2), dy3 = y(0) - y(1) + y(2) - y(3);
  const double area = dx1 * dy2 - dx2 * dy1;
  g_ = area == 0 ? 0 : (dx3 * dy2 - dx2 * dy3) / area;
  h_ = area == 0 ? 0 : (dx1 * dy3 - dx3 * dy1) / area;
  a_ = x(1) - x(0) + g_ * x(1);
  b_ = x(3) - x(0) + h_ * x(3);
  c_ = x(0);
  d_ = y(1) - y(0) + g_ * y(1);
  e_ = y(3) - y(0) + h_ * y(3);
  f_ = y(0);
}

PointF QuadMap::At(float u, float v) const {
  const double s = static_cast<double>(u), t = static_cast<double>(v);
  const double w = g_ * s + h_ * t + 1;
  const double scale = std::abs(w) < 1e-9 ? 1 : w;
  return {static_cast<float>((a_ * s + b_ * t + c_) / scale),
          static_cast<float>((d_ * s + e_ * t + f_) / scale)};
}

Quad TurnCorners(const Quad& quad, int degrees) {
  // A quarter turn counter-clockwise brings the right edge of the crop to its top.
  const size_t first = static_cast<size_t>(((degrees / 90) % 4 + 4) % 4);
  Quad turned;
  for (size_t i = 0; i < 4; ++i) turned[i] = quad[(first + i) % 4];
  return turned;
}

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipelines/base/quad.h"

namespace omserve {

// The perspective that takes the unit square to a quad: (0, 0) to its first corner, (1, 0) to its
// second, (1, 1) to its third. A quad without area is taken as a parallelogram. Immutable,
// thread-safe. Formula: Heckbert, Fundamentals of Texture Mapping, 2.2.3.
class QuadMap {
 public:
  explicit QuadMap(const Quad& quad);
  PointF At(float u, float v) const;

 private:
  double a_, b_, c_, d_, e_, f_, g_, h_;
};

// The quad whose text stands upright, given how far its crop was turned counter-clockwise before it
// was read: 0, 90, 180 or 270 degrees. Its first corner is where the text begins. Thread-safe.
Quad TurnCorners(const Quad& quad, int degrees);

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/steps/quad_order.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>
#include <utility>

namespace omserve {
namespace {

constexpr float kSameLine = 10;  // pixels
constexpr int kLeastEdge = 4;    // pixels

}  // namespace

Quad OrderClockwise(const Quad& quad) {
  Quad sorted = quad;
  SortByX(sorted);
  if (sorted[1].y < sorted[0].y) std::swap(sorted[0], sorted[1]);
  if (sorted[3].y < sorted[2].y) std::swap(sorted[2], sorted[3]);
  return {sorted[0], sorted[2], sorted[3], sorted[1]};
}

Quad ClipToPicture(const Quad& quad, int width, int height) {
  Quad clipped;
  for (size_t i = 0; i < quad.size(); ++i) {
    clipped[i].x = std::trunc(std::clamp(quad[i].x, 0.0F, static_cast<float>(width - 1)));
    clipped[i].y = std::trunc(std::clamp(quad[i].y, 0.0F, static_cast<float>(height - 1)));
  }
  return clipped;
}

bool TooSmall(const Quad& quad) {
  // Written so that NaN is too small.
  return !(Distance(quad[0], quad[1]) >= static_cast<float>(kLeastEdge) &&
           Distance(quad[0], quad[3]) >= static_cast<float>(kLeastEdge));
}

std::vector<size_t> ReadingOrder(std::span<const Quad> quads) {
  std::vector<size_t> order(quads.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return std::tuple(quads[a][0].y, quads[a][0].x, a) <
           std::tuple(quads[b][0].y, quads[b][0].x, b);
  });
  for (size_t i = 1; i < order.size(); ++i) {
    for (size_t j = i; j > 0; --j) {
      const PointF here = quads[order[j]][0];
      const PointF before = quads[order[j - 1]][0];
      if (std::abs(here.y - before.y) >= kSameLine || here.x >= before.x) break;
      std::swap(order[j], order[j - 1]);
    }
  }
  return order;
}

}  // namespace omserve

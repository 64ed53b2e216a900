// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/steps/nms.h"

#include "pipelines/base/multiversion.h"

namespace omserve {
namespace {

// The boxes by coordinate, so that one instruction handles several.
struct Columns {
  std::vector<float> x1, y1, x2, y2, area;
};

// Marks the boxes begin..end that overlap box 'kept' too much.
OMSERVE_MULTIVERSION
void Suppress(const float* __restrict x1, const float* __restrict y1, const float* __restrict x2,
              const float* __restrict y2, const float* __restrict area, uint32_t* __restrict dead,
              size_t kept, size_t end, float threshold) {
  const float kx1 = x1[kept];
  const float ky1 = y1[kept];
  const float kx2 = x2[kept];
  const float ky2 = y2[kept];
  const float kept_area = area[kept];
  for (size_t i = kept + 1; i < end; ++i) {
    const float left = kx1 > x1[i] ? kx1 : x1[i];
    const float top = ky1 > y1[i] ? ky1 : y1[i];
    const float right = kx2 < x2[i] ? kx2 : x2[i];
    const float bottom = ky2 < y2[i] ? ky2 : y2[i];
    const float width = right - left > 0.0F ? right - left : 0.0F;
    const float height = bottom - top > 0.0F ? bottom - top : 0.0F;
    const float inter = width * height;
    const float iou = inter / (kept_area + area[i] - inter);
    dead[i] |= iou > threshold ? 1U : 0U;
  }
}

}  // namespace

std::vector<uint32_t> Nms(std::span<const Box> sorted, float iou_threshold, int max_keep) {
  const size_t n = sorted.size();
  Columns c;
  for (auto* column : {&c.x1, &c.y1, &c.x2, &c.y2, &c.area}) column->resize(n);
  for (size_t i = 0; i < n; ++i) {
    const Box& b = sorted[i];
    c.x1[i] = b.x1;
    c.y1[i] = b.y1;
    c.x2[i] = b.x2;
    c.y2[i] = b.y2;
    c.area[i] = (b.x2 - b.x1) * (b.y2 - b.y1);
  }
  std::vector<uint32_t> dead(n, 0);
  std::vector<uint32_t> kept;
  for (size_t i = 0; i < n && static_cast<int>(kept.size()) < max_keep; ++i) {
    if (dead[i] != 0) continue;
    kept.push_back(static_cast<uint32_t>(i));
    Suppress(c.x1.data(), c.y1.data(), c.x2.data(), c.y2.data(), c.area.data(), dead.data(), i, n,
             iou_threshold);
  }
  return kept;
}

}  // namespace omserve

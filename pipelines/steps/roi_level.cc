// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/steps/roi_level.h"

#include <algorithm>
#include <cmath>

namespace omserve {

int RoiLevel(const Box& roi, float finest_scale, int levels) {
  const float root = std::sqrt((roi.x2 - roi.x1) * (roi.y2 - roi.y1));
  const float level = std::floor(std::log2(root / finest_scale + 1e-6F));
  if (!(level > 0.0F)) return 0;
  return static_cast<int>(std::min(level, static_cast<float>(levels - 1)));
}

}  // namespace omserve

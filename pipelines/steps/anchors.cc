// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/steps/anchors.h"

#include <cmath>

namespace omserve {

std::vector<Box> BaseAnchors(float stride, std::span<const float> scales,
                             std::span<const float> ratios) {
  std::vector<Box> anchors;
  anchors.reserve(scales.size() * ratios.size());
  for (const float ratio : ratios) {
    const float root = std::sqrt(ratio);
    for (const float scale : scales) {
      const float half_width = 0.5F * (stride * (1.0F / root) * scale);
      const float half_height = 0.5F * (stride * root * scale);
      anchors.push_back({-half_width, -half_height, half_width, half_height});
    }
  }
  return anchors;
}

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/steps/delta_decode.h"

#include <algorithm>
#include <cmath>

namespace omserve {

Box DecodeDelta(const Box& prior, const std::array<float, 4>& delta,
                const std::array<float, 4>& stds, float frame_width, float frame_height) {
  const float prior_width = prior.x2 - prior.x1;
  const float prior_height = prior.y2 - prior.y1;
  const float center_x = (prior.x1 + prior.x2) * 0.5F + prior_width * (delta[0] * stds[0]);
  const float center_y = (prior.y1 + prior.y2) * 0.5F + prior_height * (delta[1] * stds[1]);
  const float dw = std::clamp(delta[2] * stds[2], -kMaxLogRatio, kMaxLogRatio);
  const float dh = std::clamp(delta[3] * stds[3], -kMaxLogRatio, kMaxLogRatio);
  const float half_width = prior_width * std::exp(dw) * 0.5F;
  const float half_height = prior_height * std::exp(dh) * 0.5F;
  return {std::clamp(center_x - half_width, 0.0F, frame_width),
          std::clamp(center_y - half_height, 0.0F, frame_height),
          std::clamp(center_x + half_width, 0.0F, frame_width),
          std::clamp(center_y + half_height, 0.0F, frame_height)};
}

}  // namespace omserve

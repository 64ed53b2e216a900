// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/image/normalise.h"

#include <algorithm>

namespace omserve {

NormaliseTable::NormaliseTable(const std::array<float, 3>& mean_rgb,
                               const std::array<float, 3>& std_rgb, float divisor) {
  for (size_t c = 0; c < 3; ++c) {
    for (size_t level = 0; level < 256; ++level) {
      levels_[c][level] = (static_cast<float>(level) / divisor - mean_rgb[c]) / std_rgb[c];
    }
  }
}

void NormaliseTable::ToPlanes(const Picture& picture, uint8_t pad_value, int frame_width,
                              int frame_height, float* frame) const {
  const auto columns = static_cast<size_t>(picture.width());
  const auto pitch = static_cast<size_t>(frame_width);
  const size_t plane = pitch * static_cast<size_t>(frame_height);
  for (size_t c = 0; c < 3; ++c) {
    const std::array<float, 256>& table = levels_[c];
    const float padding = table[pad_value];
    const size_t channel = picture.order() == ChannelOrder::kRgb ? c : 2 - c;
    float* to = frame + c * plane;
    for (int y = 0; y < picture.height(); ++y, to += pitch) {
      const uint8_t* from = picture.row(y) + channel;
      for (size_t x = 0; x < columns; ++x) to[x] = table[from[3 * x]];
      std::fill(to + columns, to + pitch, padding);
    }
    std::fill(to, frame + (c + 1) * plane, padding);
  }
}

}  // namespace omserve

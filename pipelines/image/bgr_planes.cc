// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/image/bgr_planes.h"

#include <algorithm>

namespace omserve {

BgrPlanes::BgrPlanes(const std::array<float, 3>& mean, const std::array<float, 3>& std) {
  for (size_t c = 0; c < 3; ++c) {
    for (size_t level = 0; level < 256; ++level) {
      const float value = static_cast<float>(level) / 255.0F;
      levels_[c][level] = (value - mean[c]) / std[c];
    }
  }
}

void BgrPlanes::Write(const Picture& picture, int x, int width, Padding padding, int frame_height,
                      int frame_width, float* frame) const {
  const auto columns = static_cast<size_t>(width);
  const auto rows = static_cast<size_t>(picture.height());
  const auto pitch = static_cast<size_t>(frame_width);
  const size_t plane = pitch * static_cast<size_t>(frame_height);
  for (size_t c = 0; c < 3; ++c) {
    const std::array<float, 256>& table = levels_[c];
    const size_t channel = picture.order() == ChannelOrder::kBgr ? c : 2 - c;
    float* const top = frame + c * plane;
    for (size_t y = 0; y < rows; ++y) {
      float* to = top + y * pitch;
      const uint8_t* from = picture.row(static_cast<int>(y)) + 3 * static_cast<size_t>(x) + channel;
      for (size_t i = 0; i < columns; ++i) to[i] = table[from[3 * i]];
      if (padding == Padding::kZero) {
        std::fill(to + columns, to + pitch, 0.0F);
      } else {
        for (size_t i = columns; i < pitch; ++i) to[i] = to[i - columns];
      }
    }
    for (size_t y = rows; y < static_cast<size_t>(frame_height); ++y) {
      float* to = top + y * pitch;
      if (padding == Padding::kZero) {
        std::fill(to, to + pitch, 0.0F);
      } else {
        std::copy_n(to - rows * pitch, pitch, to);
      }
    }
  }
}

}  // namespace omserve

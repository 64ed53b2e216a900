// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "pipelines/image/picture.h"

namespace omserve {

// (value / divisor - mean) / std of each of the 256 grey levels of each channel, in RGB order.
// Immutable, thread-safe.
class NormaliseTable {
 public:
  // 'divisor' is 1 for a 0..255 scale and 255 for 0..1. REQUIRES: std > 0.
  NormaliseTable(const std::array<float, 3>& mean_rgb, const std::array<float, 3>& std_rgb,
                 float divisor);

  float At(int channel, uint8_t level) const {
    return levels_[static_cast<size_t>(channel)][level];
  }

  // Writes the picture as float32 RGB planes into the top left of a frame [3, frame_height,
  // frame_width] and fills the rest of the frame with grey level 'pad_value', normalised too.
  // REQUIRES: the picture fits the frame.
  void ToPlanes(const Picture& picture, uint8_t pad_value, int frame_width, int frame_height,
                float* frame) const;

 private:
  std::array<std::array<float, 256>, 3> levels_;
};

}  // namespace omserve

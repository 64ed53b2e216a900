// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "pipelines/image/picture.h"

namespace omserve {

// What fills a frame beyond its picture.
enum class Padding : uint8_t {
  kZero,    // 0 after normalising
  kRepeat,  // the picture again from its start, as often as it takes
};

// Grey levels as PP-OCR's networks want them: (level / 255 - mean) / std of each channel, planes in
// the order B, G, R. Immutable, thread-safe.
class BgrPlanes {
 public:
  // In the order B, G, R. REQUIRES: std > 0.
  BgrPlanes(const std::array<float, 3>& mean, const std::array<float, 3>& std);

  // Writes columns x .. x + width - 1 of the picture to the top left of a frame [3, frame_height,
  // frame_width] and fills the rest. REQUIRES: they are in the picture and fit the frame.
  void Write(const Picture& picture, int x, int width, Padding padding, int frame_height,
             int frame_width, float* frame) const;

 private:
  std::array<std::array<float, 256>, 3> levels_;
};

}  // namespace omserve

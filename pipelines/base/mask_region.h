// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace omserve {

// A binary mask of an image_width x image_height picture that is 0 outside one rectangle.
struct MaskRegion {
  int image_width = 0;               // pixels
  int image_height = 0;              // pixels
  int x = 0, y = 0;                  // the rectangle's top left corner
  int width = 0, height = 0;         // of the rectangle; 0 when nothing is set
  std::vector<uint8_t> pixels = {};  // width * height, row by row, 0 or 1
};

}  // namespace omserve

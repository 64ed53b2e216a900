// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace omserve {

// A box by its corners, x to the right, y down. The frame (original image or model input) is the
// user's matter; pixels, fractional, no +1 on the far side.
struct Box {
  float x1 = 0, y1 = 0, x2 = 0, y2 = 0;
};

}  // namespace omserve

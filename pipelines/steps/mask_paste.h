// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "pipelines/base/box.h"
#include "pipelines/base/mask_region.h"

namespace omserve {

// Pastes the mask of one detection into the picture. 'logits' are side * side values of the
// detection's class, 'box' is in pixels of the original picture (it may reach beyond it). Sigmoid,
// then for each pixel centre of the box's surroundings a bilinear sample (align_corners false, zero
// outside the map); a pixel is set when the sample is >= 'threshold'. A box of no width takes the
// middle of the map, one with a NaN gives nothing. REQUIRES: logits.size() == side * side, side >=
// 1. Pure, thread-safe. Formula: mmdet fcn_mask_head.py, _do_paste_mask.
MaskRegion PasteMask(std::span<const float> logits, int side, const Box& box, int image_width,
                     int image_height, float threshold);

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "pipelines/base/box.h"

namespace omserve {

// |ln(16 / 1000)|: dw and dh are clamped to plus and minus this, on both sides.
inline constexpr float kMaxLogRatio = 4.135166556742356F;

// Turns the regression (dx, dy, dw, dh) of a prior into a box clipped to [0, frame_width] x
// [0, frame_height], in the prior's frame. 'stds' scales the deltas first (1, 1, 1, 1 in the RPN;
// 0.1, 0.1, 0.2, 0.2 in the ROI head; the means are 0). NaN in, NaN out. Pure, thread-safe.
// Formula: mmdet delta_xywh_bbox_coder.py.
Box DecodeDelta(const Box& prior, const std::array<float, 4>& delta,
                const std::array<float, 4>& stds, float frame_width, float frame_height);

}  // namespace omserve

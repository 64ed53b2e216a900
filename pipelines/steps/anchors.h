// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "pipelines/base/box.h"

namespace omserve {

// The anchors of grid cell (0, 0) of one RPN level, in pixels of the model frame: centred on the
// origin (centre offset 0), never rounded. 'ratios' are height / width; 'scales' multiply the
// stride. Order: ratio by ratio, scales inside. The anchor of cell (x, y) is the same box moved by
// (x * stride, y * stride). Pure, thread-safe.
// Formula: mmdet anchor_generator.py.
std::vector<Box> BaseAnchors(float stride, std::span<const float> scales,
                             std::span<const float> ratios);

}  // namespace omserve

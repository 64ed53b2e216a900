// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pipelines/base/box.h"

namespace omserve {

// The pyramid level, 0..levels-1, that an ROI is cropped from:
// floor(log2(sqrt(w * h) / finest_scale + 1e-6)), clamped. With 56 and four levels an area root
// under 112 pixels gives 0, under 224 gives 1, under 448 gives 2. An empty or NaN box gives 0.
// Pure, thread-safe. Formula: mmdet single_level_roi_extractor.py.
int RoiLevel(const Box& roi, float finest_scale, int levels);

}  // namespace omserve

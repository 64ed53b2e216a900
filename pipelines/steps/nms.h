// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "pipelines/base/box.h"

namespace omserve {

// Greedy non-maximum suppression over boxes that are sorted by score, best first. Returns the
// indices of the kept ones in that order, at most 'max_keep'. A box goes when its IoU with a kept
// one is greater than 'iou_threshold' (strict); 0 / 0 counts as no overlap. The caller runs it once
// a class or a level: there is no coordinate shift, so coordinates keep all their bits. O(n * kept)
// and vectorised. Pure, thread-safe. Formula: mmcv nms.cpp.
std::vector<uint32_t> Nms(std::span<const Box> sorted, float iou_threshold, int max_keep);

}  // namespace omserve

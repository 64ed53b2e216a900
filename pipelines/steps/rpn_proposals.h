// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "pipelines/base/box.h"
#include "pipelines/base/tensor.h"

namespace omserve {

struct RpnOptions {
  std::span<const int> strides;  // pixels, one a level
  std::span<const float> anchor_scales;
  std::span<const float> anchor_ratios;
  int frame_width = 0;       // pixels of the model input, the clip of the boxes
  int frame_height = 0;      // pixels
  int nms_pre = 1000;        // best anchors a level that go on
  float nms_iou = 0.7F;      // strict: a greater IoU suppresses
  int max_proposals = 1000;  // over all levels
};

struct Proposal {
  Box box;          // in the model frame
  float score = 0;  // objectness, 0..1
};

// Turns the raw outputs of the RPN head into proposals, best first.
// 'cls' are the logits [1, A, H, W] and 'reg' the deltas [1, 4 * A, H, W] (a * 4 + {dx, dy, dw,
// dh}), float32, one of each a level. Per level: the best nms_pre, decoded and clipped, boxes of no
// area dropped, NMS within the level; then the best max_proposals of all levels. May be empty.
// INVALID_ARGUMENT when a shape does not fit. Pure, thread-safe. Formula: mmdet rpn_head.py.
absl::StatusOr<std::vector<Proposal>> RpnProposals(std::span<const HostTensor> cls,
                                                   std::span<const HostTensor> reg,
                                                   const RpnOptions& options);

}  // namespace omserve

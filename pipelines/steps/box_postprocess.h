// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "pipelines/base/box.h"
#include "pipelines/base/tensor.h"

namespace omserve {

struct BoxOptions {
  int num_classes = 0;      // without the background, which is the class after the last
  float frame_width = 0;    // pixels of the model input, the clip of the boxes
  float frame_height = 0;   // pixels
  float score_min = 0.05F;  // strict: only a greater probability is a candidate
  float nms_iou = 0.5F;     // strict: a greater IoU suppresses
  int max_detections = 100;
  std::array<float, 4> delta_stds = {0.1F, 0.1F, 0.2F, 0.2F};
};

struct ScoredBox {
  Box box;          // in the model frame, clipped, finite
  float score = 0;  // softmax probability
  int label = 0;
};

// Turns the raw outputs of the ROI box head into detections, best first; equal scores by proposal,
// then by class. 'scores' are the logits [R, num_classes + 1] with the background last, 'deltas'
// [R, 4 * num_classes] class by class, float32; row r belongs to proposal r, rows past the
// proposals are ignored. NMS runs within each class, in the model frame. INVALID_ARGUMENT when a
// shape does not fit. Pure, thread-safe. Formula: mmdet bbox_head.py, bbox_nms.py.
absl::StatusOr<std::vector<ScoredBox>> BoxPostprocess(std::span<const Box> proposals,
                                                      const HostTensor& scores,
                                                      const HostTensor& deltas,
                                                      const BoxOptions& options);

}  // namespace omserve

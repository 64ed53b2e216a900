// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "pipelines/graphs/detection.h"
#include "pipelines/image/image_input.h"

namespace omserve {

// Everything that makes one ViTDet Mask R-CNN differ from another. Defaults are mmdet's
// projects/ViTDet (ViT-B, 1024 x 1024, COCO).
struct VitDetConfig {
  int image_size = 1024;                                         // pixels, square frame
  uint8_t pad_value = 114;                                       // grey level, before normalising
  std::array<float, 3> mean_rgb = {123.675F, 116.28F, 103.53F};  // 0..255 scale
  std::array<float, 3> std_rgb = {58.395F, 57.12F, 57.375F};
  std::vector<int> strides = {4, 8, 16, 32, 64};  // of the RPN levels; the last is for RPN only
  std::vector<float> anchor_scales = {8.0F};      // times the stride
  std::vector<float> anchor_ratios = {0.5F, 1.0F, 2.0F};  // height / width
  int rpn_nms_pre = 1000;                                 // per level
  float rpn_nms_iou = 0.7F;
  int rpn_max_proposals = 1000;
  float roi_finest_scale = 56.0F;  // pixels, square root of the area that changes the level
  int roi_box_size = 7;
  int roi_mask_size = 14;
  int num_classes = 80;  // the background is the class after the last
  float box_score_min = 0.05F;
  float box_nms_iou = 0.5F;
  int box_max_detections = 100;
  float mask_threshold = 0.5F;
  DetectOptions defaults;
  ImageLimits limits;
};

// INVALID_ARGUMENT, naming the field, when the configuration cannot work. Thread-safe.
absl::Status CheckConfig(const VitDetConfig& config);
// INVALID_ARGUMENT, naming the field, when an option is out of its range (NaN is). Thread-safe.
absl::Status CheckOptions(const DetectOptions& options);

}  // namespace omserve

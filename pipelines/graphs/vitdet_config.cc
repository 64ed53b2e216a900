// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/graphs/vitdet_config.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"

namespace omserve {
namespace {

absl::Status Bad(std::string_view field, std::string_view rule) {
  return absl::InvalidArgumentError(
      absl::StrCat(std::string(field), " must be ", std::string(rule)));
}

// Written so that NaN fails too.
bool Unit(float value) { return value >= 0.0F && value <= 1.0F; }

template <typename Values>
bool AllPositive(const Values& values) {
  return std::all_of(values.begin(), values.end(), [](auto v) { return v > 0; });
}

}  // namespace

absl::Status CheckOptions(const DetectOptions& options) {
  if (!Unit(options.score_threshold)) return Bad("score_threshold", "between 0 and 1");
  if (options.max_detections < 1) return Bad("max_detections", "1 or more");
  return absl::OkStatus();
}

absl::Status CheckConfig(const VitDetConfig& config) {
  if (config.image_size < 1 || config.image_size > 16384) {
    return Bad("image_size", "between 1 and 16384");
  }
  if (!AllPositive(config.std_rgb)) return Bad("std_rgb", "positive");
  if (config.strides.size() < 2 || !AllPositive(config.strides)) {
    return Bad("strides", "two or more positive numbers");
  }
  if (config.anchor_scales.empty() || !AllPositive(config.anchor_scales)) {
    return Bad("anchor_scales", "one or more positive numbers");
  }
  if (config.anchor_ratios.empty() || !AllPositive(config.anchor_ratios)) {
    return Bad("anchor_ratios", "one or more positive numbers");
  }
  if (config.rpn_nms_pre < 1) return Bad("rpn_nms_pre", "1 or more");
  if (!Unit(config.rpn_nms_iou)) return Bad("rpn_nms_iou", "between 0 and 1");
  if (config.rpn_max_proposals < 1) return Bad("rpn_max_proposals", "1 or more");
  if (!(config.roi_finest_scale > 0)) return Bad("roi_finest_scale", "positive");
  if (config.roi_box_size < 1) return Bad("roi_box_size", "1 or more");
  if (config.roi_mask_size < 1) return Bad("roi_mask_size", "1 or more");
  if (config.num_classes < 1) return Bad("num_classes", "1 or more");
  if (!Unit(config.box_score_min)) return Bad("box_score_min", "between 0 and 1");
  if (!Unit(config.box_nms_iou)) return Bad("box_nms_iou", "between 0 and 1");
  if (config.box_max_detections < 1) return Bad("box_max_detections", "1 or more");
  if (!Unit(config.mask_threshold)) return Bad("mask_threshold", "between 0 and 1");
  if (config.limits.max_pixels < 1) return Bad("limits.max_pixels", "1 or more");
  if (config.limits.max_side < 1) return Bad("limits.max_side", "1 or more");
  return CheckOptions(config.defaults);
}

}  // namespace omserve

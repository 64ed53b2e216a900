// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/graphs/vitdet_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>

namespace omserve {
namespace {

TEST(VitDetConfigTest, DefaultsAreFine) {
  EXPECT_TRUE(CheckConfig(VitDetConfig()).ok());
  EXPECT_TRUE(CheckOptions(DetectOptions()).ok());
}

TEST(VitDetConfigTest, EveryBadFieldIsNamed) {
  const std::pair<const char*, std::function<void(VitDetConfig&)>> cases[] = {
      {"image_size", [](VitDetConfig& c) { c.image_size = 0; }},
      {"std_rgb", [](VitDetConfig& c) { c.std_rgb[1] = 0; }},
      {"strides", [](VitDetConfig& c) { c.strides = {4}; }},
      {"anchor_scales", [](VitDetConfig& c) { c.anchor_scales.clear(); }},
      {"anchor_ratios", [](VitDetConfig& c) { c.anchor_ratios = {-1}; }},
      {"rpn_nms_pre", [](VitDetConfig& c) { c.rpn_nms_pre = 0; }},
      {"rpn_nms_iou", [](VitDetConfig& c) { c.rpn_nms_iou = NAN; }},
      {"rpn_max_proposals", [](VitDetConfig& c) { c.rpn_max_proposals = 0; }},
      {"roi_finest_scale", [](VitDetConfig& c) { c.roi_finest_scale = NAN; }},
      {"roi_box_size", [](VitDetConfig& c) { c.roi_box_size = 0; }},
      {"roi_mask_size", [](VitDetConfig& c) { c.roi_mask_size = 0; }},
      {"num_classes", [](VitDetConfig& c) { c.num_classes = 0; }},
      {"box_score_min", [](VitDetConfig& c) { c.box_score_min = 2; }},
      {"box_nms_iou", [](VitDetConfig& c) { c.box_nms_iou = -1; }},
      {"box_max_detections", [](VitDetConfig& c) { c.box_max_detections = 0; }},
      {"mask_threshold", [](VitDetConfig& c) { c.mask_threshold = NAN; }},
      {"max_pixels", [](VitDetConfig& c) { c.limits.max_pixels = 0; }},
      {"max_side", [](VitDetConfig& c) { c.limits.max_side = 0; }},
      {"score_threshold", [](VitDetConfig& c) { c.defaults.score_threshold = NAN; }},
      {"max_detections", [](VitDetConfig& c) { c.defaults.max_detections = 0; }}};
  for (const auto& [field, spoil] : cases) {
    VitDetConfig config;
    spoil(config);
    const absl::Status status = CheckConfig(config);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << field;
    EXPECT_THAT(std::string(status.message()), testing::HasSubstr(field));
  }
}

}  // namespace
}  // namespace omserve

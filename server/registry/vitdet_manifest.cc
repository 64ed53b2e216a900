// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/registry/vitdet_manifest.h"

#include "pipelines/base/status_macros.h"
#include "server/registry/manifest_fields.h"

namespace omserve {

absl::StatusOr<VitDetConfig> MakeVitDetConfig(const v1::VitDetManifest& manifest) {
  VitDetConfig config;
  const ManifestFields fields("vitdet");
  constexpr int kMany = 100'000;
  OMSERVE_RETURN_IF_ERROR(
      fields.Take("image_size", manifest.image_size(), 8192, config.image_size));
  OMSERVE_RETURN_IF_ERROR(
      fields.TakeList("anchor_scales", manifest.anchor_scales(), config.anchor_scales));
  OMSERVE_RETURN_IF_ERROR(
      fields.TakeList("anchor_ratios", manifest.anchor_ratios(), config.anchor_ratios));
  OMSERVE_RETURN_IF_ERROR(fields.TakeList("strides", manifest.strides(), config.strides));
  OMSERVE_RETURN_IF_ERROR(
      fields.Take("rpn_nms_pre", manifest.rpn_nms_pre(), kMany, config.rpn_nms_pre));
  OMSERVE_RETURN_IF_ERROR(
      fields.Take("rpn_nms_iou", manifest.rpn_nms_iou(), 1.0F, config.rpn_nms_iou));
  OMSERVE_RETURN_IF_ERROR(fields.Take("rpn_max_proposals", manifest.rpn_max_proposals(), kMany,
                                      config.rpn_max_proposals));
  OMSERVE_RETURN_IF_ERROR(fields.Take("roi_finest_scale", manifest.roi_finest_scale(), 8192.0F,
                                      config.roi_finest_scale));
  OMSERVE_RETURN_IF_ERROR(
      fields.Take("num_classes", manifest.num_classes(), kMany, config.num_classes));
  OMSERVE_RETURN_IF_ERROR(
      fields.Take("box_score_min", manifest.box_score_min(), 1.0F, config.box_score_min));
  OMSERVE_RETURN_IF_ERROR(
      fields.Take("box_nms_iou", manifest.box_nms_iou(), 1.0F, config.box_nms_iou));
  OMSERVE_RETURN_IF_ERROR(fields.Take("box_max_detections", manifest.box_max_detections(), 1000,
                                      config.box_max_detections));
  config.defaults.max_detections = config.box_max_detections;
  if (manifest.has_score_threshold()) {
    OMSERVE_RETURN_IF_ERROR(fields.TakeUnit("score_threshold", manifest.score_threshold(),
                                            config.defaults.score_threshold));
  }
  OMSERVE_RETURN_IF_ERROR(fields.TakeWord("dedup", manifest.dedup(),
                                          {"none", "keep_top1_per_label"}, config.defaults.dedup));
  OMSERVE_RETURN_IF_ERROR(fields.TakeWord("mask_form", manifest.mask_form(),
                                          {"none", "rle", "png", "polygon"},
                                          config.defaults.mask_form));
  return config;
}

}  // namespace omserve

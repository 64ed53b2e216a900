// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "pipelines/base/request_context.h"
#include "pipelines/base/task.h"
#include "pipelines/graphs/detection.h"
#include "pipelines/graphs/model_runner.h"
#include "pipelines/graphs/vitdet_config.h"
#include "pipelines/image/image_input.h"

namespace omserve {

// The ViTDet Mask R-CNN pipeline over four stages:
//   backbone: image[N,3,S,S] -> p2..p6;  rpn: p2..p6 -> cls_2..cls_6, reg_2..reg_6;
//   roi_bbox: roi_feats[N,C,7,7] -> cls_score, bbox_pred;  roi_mask: mask_feats -> mask_pred.
// Immutable after construction, so thread-safe; one object serves all requests.
class VitDet {
 public:
  // INVALID_ARGUMENT when the configuration cannot work, naming the field.
  static absl::StatusOr<VitDet> Create(VitDetConfig config);

  // 'runner', 'context' and the bytes of 'image' must live until the task ends. Errors:
  // INVALID_ARGUMENT for a picture that cannot be used or an option out of range, and those of
  // ModelRunner::Submit.
  Task<absl::StatusOr<DetectResult>> Detect(ModelRunner& runner, RequestContext& context,
                                            ImageInput image, DetectOptions options) const;

  const VitDetConfig& config() const { return config_; }

 private:
  explicit VitDet(VitDetConfig config) : config_(std::move(config)) {}
  VitDetConfig config_;
};

}  // namespace omserve

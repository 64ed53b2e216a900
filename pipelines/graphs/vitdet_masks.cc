// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/graphs/vitdet_masks.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "pipelines/base/status_macros.h"
#include "pipelines/image/contours.h"
#include "pipelines/image/encode_png.h"
#include "pipelines/steps/mask_paste.h"
#include "pipelines/steps/rle.h"

namespace omserve {
namespace {

absl::StatusOr<Mask> Encode(const MaskRegion& region, MaskForm form) {
  Mask mask;
  mask.form = form;
  mask.width = region.image_width;
  mask.height = region.image_height;
  switch (form) {
    case MaskForm::kNone:
      break;
    case MaskForm::kRle:
      mask.bytes = ToRleText(RunLengths(region));
      break;
    case MaskForm::kPng: {
      OMSERVE_ASSIGN_OR_RETURN(mask.bytes, EncodeMaskPng(region));
      break;
    }
    case MaskForm::kPolygon: {
      OMSERVE_ASSIGN_OR_RETURN(mask.polygons, OuterContours(region));
      break;
    }
  }
  return mask;
}

}  // namespace

absl::Status FillMasks(const HostTensor& logits, int num_classes, int image_width, int image_height,
                       float threshold, MaskForm form, std::span<Detection> detections) {
  const auto needed = static_cast<int64_t>(detections.size());
  if (logits.shape().size() != 4 || logits.dim(0) < needed || logits.dim(1) != num_classes ||
      logits.dim(2) < 1 || logits.dim(2) != logits.dim(3)) {
    return absl::InvalidArgumentError(absl::StrCat("the masks are ", ShapeString(logits.shape()),
                                                   " where [", needed, ",", num_classes,
                                                   ",M,M] is needed"));
  }
  const auto side = static_cast<size_t>(logits.dim(2));
  const auto classes = static_cast<size_t>(num_classes);
  for (size_t k = 0; k < detections.size(); ++k) {
    Detection& detection = detections[k];
    const size_t channel = k * classes + static_cast<size_t>(detection.label);
    const MaskRegion region =
        PasteMask(logits.as<float>().subspan(channel * side * side, side * side),
                  static_cast<int>(side), detection.box, image_width, image_height, threshold);
    OMSERVE_ASSIGN_OR_RETURN(detection.mask, Encode(region, form));
  }
  return absl::OkStatus();
}

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pipelines/base/box.h"

namespace omserve {

// Which of several detections of one label are kept.
enum class DedupPolicy : uint8_t { kNone, kKeepTop1PerLabel };

// How masks are given back.
enum class MaskForm : uint8_t { kNone, kRle, kPng, kPolygon };

// What the caller may set per request; the pipeline's defaults come from its manifest.
struct DetectOptions {
  float score_threshold = 0.3F;  // [0, 1]; applied after the de-duplication
  int max_detections = 100;      // >= 1
  DedupPolicy dedup = DedupPolicy::kNone;
  MaskForm mask_form = MaskForm::kRle;
};

// A binary mask of the size of the original image, in the form that was asked for.
struct Mask {
  MaskForm form = MaskForm::kNone;
  int width = 0;
  int height = 0;
  // kRle: COCO's compressed run-length text (column-major). kPng: an 8-bit grey PNG, 0 or 255.
  std::string bytes;
  // kPolygon: one entry a contour, x and y by turns, in pixels.
  std::vector<std::vector<float>> polygons;
};

struct Detection {
  int label = 0;  // 0-based index into the manifest's labels
  float score = 0;
  Box box;  // in pixels of the original image; may reach beyond it
  Mask mask;
};

// What the pipeline found, best score first.
struct DetectResult {
  int image_width = 0;
  int image_height = 0;
  int raw_count = 0;    // after NMS and before the de-duplication
  int after_dedup = 0;  // before the score threshold
  // Above what one request may have of the stage: the worst proposals, which were not looked at,
  // and the last detections, which have no mask.
  int64_t proposals_cut = 0;
  int64_t masks_cut = 0;
  std::vector<Detection> detections;
};

}  // namespace omserve

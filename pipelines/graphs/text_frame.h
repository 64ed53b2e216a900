// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

#include "absl/status/statusor.h"
#include "pipelines/base/quad.h"
#include "pipelines/graphs/ppocr_config.h"
#include "pipelines/image/picture.h"

namespace omserve {

// The picture that text is looked for in and cut out of, and the way back to the picture as it was
// sent. Move-only, thread-compatible.
struct TextFrame {
  Picture picture;
  float scale_x = 1;  // pixels of the sent picture to one of the frame
  float scale_y = 1;
  int top = 0;  // black rows above
  int sent_width = 0;
  int sent_height = 0;

  // In pixels of the sent picture, clipped to it.
  PointF ToSent(PointF point) const;
};

// Shrinks a picture whose longer side is above 'max_side', enlarges one whose shorter side is under
// 30, both to multiples of 32, and puts black rows around one that is very flat (RapidOCR's
// preprocess and maybe_add_letterbox). Errors: those of ResizeLinear. Thread-safe.
absl::StatusOr<TextFrame> MakeTextFrame(Picture picture, int max_side);

// How a frame goes into detection.
struct DetFit {
  size_t gear = 0;  // index
  int width = 0;    // of the resized frame; what the gear has more is padding
  int height = 0;
};

// The size that RapidOCR's detection would resize a frame to (multiples of 32), in the smallest
// gear that it fits; in the gear that shrinks it least when it fits none. REQUIRES: gears.
// Thread-safe.
DetFit FitDetection(int width, int height, const PpOcrConfig& config);

}  // namespace omserve

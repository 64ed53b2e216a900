// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "pipelines/base/quad.h"
#include "pipelines/image/text_contours.h"

namespace omserve {

// The box of least area around a set of points.
struct LeastQuad {
  Quad corners;          // the left pair by y, the right pair by y: top left, top right, ...
  float short_side = 0;  // pixels
};

// cv::minAreaRect. INVALID_ARGUMENT without points. Thread-safe.
absl::StatusOr<LeastQuad> FindLeastQuad(std::span<const PointI> points);

// The mean probability inside a quad, over the pixels that its corners, cut to whole pixels of its
// bounding box, enclose (PaddleOCR's box_score_fast). 0 to 1; 0 beyond the map. Thread-safe.
absl::StatusOr<float> MeanInside(const ProbabilityMap& map, const Quad& quad);

// The contour with fewer corners: no point of it is further away than 'share' of its length
// (cv::approxPolyDP, closed). Thread-safe.
absl::StatusOr<std::vector<PointI>> Simplify(std::span<const PointI> contour, double share);

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/image/least_quad.h"

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <utility>

#include "pipelines/base/status_macros.h"
#include "pipelines/image/opencv_status.h"

namespace omserve {
namespace {

static_assert(sizeof(PointI) == sizeof(cv::Point), "the same two numbers");

// OpenCV has no read-only header; the points are not written.
cv::Mat Points(std::span<const PointI> points) {
  return {static_cast<int>(points.size()), 1, CV_32SC2, const_cast<PointI*>(points.data())};
}

// First by x, then each pair by y.
Quad Ordered(const cv::Point2f (&corners)[4]) {
  std::array<PointF, 4> sorted;
  for (size_t i = 0; i < 4; ++i) sorted[i] = {corners[i].x, corners[i].y};
  SortByX(sorted);
  if (!(sorted[1].y > sorted[0].y)) std::swap(sorted[0], sorted[1]);
  if (!(sorted[3].y > sorted[2].y)) std::swap(sorted[2], sorted[3]);
  return {sorted[0], sorted[2], sorted[3], sorted[1]};
}

}  // namespace

absl::StatusOr<LeastQuad> FindLeastQuad(std::span<const PointI> points) {
  if (points.empty()) return absl::InvalidArgumentError("no points have no box");
  LeastQuad least;
  OMSERVE_RETURN_IF_ERROR(RunOpenCv([&] {
    const cv::RotatedRect box = cv::minAreaRect(Points(points));
    cv::Point2f corners[4];
    box.points(corners);
    least.corners = Ordered(corners);
    least.short_side = std::min(box.size.width, box.size.height);
  }));
  return least;
}

absl::StatusOr<float> MeanInside(const ProbabilityMap& map, const Quad& quad) {
  float low_x = quad[0].x, high_x = quad[0].x, low_y = quad[0].y, high_y = quad[0].y;
  for (const PointF& corner : quad) {
    low_x = std::min(low_x, corner.x);
    high_x = std::max(high_x, corner.x);
    low_y = std::min(low_y, corner.y);
    high_y = std::max(high_y, corner.y);
  }
  const int left = std::clamp(static_cast<int>(std::floor(low_x)), 0, map.width - 1);
  const int right = std::clamp(static_cast<int>(std::ceil(high_x)), 0, map.width - 1);
  const int top = std::clamp(static_cast<int>(std::floor(low_y)), 0, map.height - 1);
  const int bottom = std::clamp(static_cast<int>(std::ceil(high_y)), 0, map.height - 1);
  double mean = 0;
  OMSERVE_RETURN_IF_ERROR(RunOpenCv([&] {
    cv::Mat inside = cv::Mat::zeros(bottom - top + 1, right - left + 1, CV_8UC1);
    cv::Point corners[4];
    for (size_t i = 0; i < 4; ++i) {
      corners[i] = cv::Point(static_cast<int>(quad[i].x - static_cast<float>(left)),
                             static_cast<int>(quad[i].y - static_cast<float>(top)));
    }
    const cv::Point* polygon = corners;
    const int count = 4;
    cv::fillPoly(inside, &polygon, &count, 1, cv::Scalar(1));
    // OpenCV has no read-only header; the map is not written.
    const cv::Mat values(map.height, map.width, CV_32FC1, const_cast<float*>(map.values),
                         static_cast<size_t>(map.pitch) * sizeof(float));
    mean = cv::mean(values(cv::Range(top, bottom + 1), cv::Range(left, right + 1)), inside)[0];
  }));
  return static_cast<float>(mean);
}

absl::StatusOr<std::vector<PointI>> Simplify(std::span<const PointI> contour, double share) {
  std::vector<PointI> simple;
  if (contour.empty()) return simple;
  OMSERVE_RETURN_IF_ERROR(RunOpenCv([&] {
    const cv::Mat points = Points(contour);
    std::vector<cv::Point> kept;
    cv::approxPolyDP(points, kept, share * cv::arcLength(points, /*closed=*/true), /*closed=*/true);
    for (const cv::Point& point : kept) simple.push_back({point.x, point.y});
  }));
  return simple;
}

}  // namespace omserve

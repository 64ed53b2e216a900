// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/image/contours.h"

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "pipelines/base/status_macros.h"
#include "pipelines/image/opencv_status.h"

namespace omserve {

absl::StatusOr<std::vector<std::vector<float>>> OuterContours(const MaskRegion& mask) {
  std::vector<std::vector<float>> polygons;
  if (mask.pixels.empty()) return polygons;
  OMSERVE_RETURN_IF_ERROR(RunOpenCv([&] {
    // OpenCV has no read-only header; since 3.2 findContours does not write to its source.
    const cv::Mat pixels(mask.height, mask.width, CV_8UC1,
                         const_cast<uint8_t*>(mask.pixels.data()));
    std::vector<std::vector<cv::Point>> contours;
    cv::findContours(pixels, contours, cv::RETR_EXTERNAL, cv::CHAIN_APPROX_SIMPLE,
                     cv::Point(mask.x, mask.y));
    for (const std::vector<cv::Point>& contour : contours) {
      std::vector<float>& polygon = polygons.emplace_back();
      polygon.reserve(contour.size() * 2);
      for (const cv::Point& point : contour) {
        polygon.push_back(static_cast<float>(point.x));
        polygon.push_back(static_cast<float>(point.y));
      }
    }
  }));
  return polygons;
}

}  // namespace omserve

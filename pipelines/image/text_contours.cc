// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/image/text_contours.h"

#include <algorithm>
#include <cstring>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "absl/strings/str_cat.h"
#include "pipelines/base/multiversion.h"
#include "pipelines/base/status_macros.h"
#include "pipelines/image/opencv_status.h"

namespace omserve {
namespace {

// 255 where a pixel is text.
OMSERVE_MULTIVERSION void Binarise(const float* values, size_t count, float threshold,
                                   uint8_t* out) {
  for (size_t i = 0; i < count; ++i) out[i] = values[i] > threshold ? 255 : 0;
}

// A pixel is text when it or one of its left, upper and upper left neighbours is: cv2.dilate with
// a 2 x 2 kernel of ones, whose anchor is its lower right corner. Rows from the last to the first,
// so that it works in place.
OMSERVE_MULTIVERSION void Spread(uint8_t* pixels, size_t width, size_t height) {
  for (size_t y = height; y-- > 0;) {
    uint8_t* row = pixels + y * width;
    if (y > 0) {
      const uint8_t* above = row - width;
      for (size_t x = 0; x < width; ++x) row[x] |= above[x];
    }
    uint8_t left = 0;
    for (size_t x = 0; x < width; ++x) {
      const uint8_t here = row[x];
      row[x] |= left;
      left = here;
    }
  }
}

}  // namespace

absl::StatusOr<std::vector<std::vector<PointI>>> TextContours(const ProbabilityMap& map,
                                                              const TextContourOptions& options) {
  if (map.values == nullptr || map.width < 1 || map.height < 1 || map.pitch < map.width) {
    return absl::InvalidArgumentError(
        absl::StrCat("a map of ", map.width, " x ", map.height, " has no contours"));
  }
  std::vector<std::vector<PointI>> result;
  OMSERVE_RETURN_IF_ERROR(RunOpenCv([&] {
    cv::Mat text(map.height, map.width, CV_8UC1);
    const size_t width = static_cast<size_t>(map.width);
    const size_t height = static_cast<size_t>(map.height);
    for (size_t y = 0; y < height; ++y) {
      Binarise(map.values + y * static_cast<size_t>(map.pitch), width, options.threshold,
               text.data + y * width);
    }
    if (options.dilation) Spread(text.data, width, height);
    std::vector<std::vector<cv::Point>> contours;
    cv::findContours(text, contours, cv::RETR_LIST, cv::CHAIN_APPROX_SIMPLE);
    result.reserve(contours.size());
    for (const std::vector<cv::Point>& contour : contours) {
      std::vector<PointI>& points = result.emplace_back(contour.size());
      std::transform(contour.begin(), contour.end(), points.begin(),
                     [](const cv::Point& point) { return PointI{point.x, point.y}; });
    }
  }));
  return result;
}

}  // namespace omserve

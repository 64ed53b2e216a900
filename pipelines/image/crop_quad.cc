// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/image/crop_quad.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "absl/strings/str_cat.h"
#include "pipelines/base/status_macros.h"
#include "pipelines/image/opencv_status.h"

namespace omserve {
namespace {

constexpr int kLongestEdge = 32766;  // of warpPerspective

}  // namespace

absl::StatusOr<Picture> CropQuad(const Picture& picture, const Quad& quad) {
  const float across = std::max(Distance(quad[0], quad[1]), Distance(quad[2], quad[3]));
  const float down = std::max(Distance(quad[0], quad[3]), Distance(quad[1], quad[2]));
  // Written so that NaN fails.
  if (!(across >= 1 && down >= 1 && across < kLongestEdge && down < kLongestEdge)) {
    return absl::InvalidArgumentError(
        absl::StrCat("a quad of ", across, " x ", down, " pixels cannot be cropped"));
  }
  const int width = static_cast<int>(across);
  const int height = static_cast<int>(down);
  Picture crop = Picture::Allocate(width, height, picture.order());
  OMSERVE_RETURN_IF_ERROR(RunOpenCv([&] {
    const auto right = static_cast<float>(width), bottom = static_cast<float>(height);
    const cv::Point2f to[4] = {{0, 0}, {right, 0}, {right, bottom}, {0, bottom}};
    cv::Point2f from[4];
    for (size_t i = 0; i < 4; ++i) from[i] = {quad[i].x, quad[i].y};
    const cv::Mat transform = cv::getPerspectiveTransform(from, to);
    // OpenCV has no read-only header; the source is not written.
    const cv::Mat source(picture.height(), picture.width(), CV_8UC3,
                         const_cast<uint8_t*>(picture.pixels()));
    cv::Mat target(height, width, CV_8UC3, crop.mutable_pixels());
    cv::warpPerspective(source, target, transform, target.size(), cv::INTER_CUBIC,
                        cv::BORDER_REPLICATE);
  }));
  return crop;
}

bool IsUpright(const Picture& crop) {
  return static_cast<double>(crop.height()) / crop.width() >= 1.5;
}

Picture TurnPicture(const Picture& picture, int degrees) {
  const int width = picture.width(), height = picture.height();
  const bool quarter = degrees == 90;
  Picture turned =
      Picture::Allocate(quarter ? height : width, quarter ? width : height, picture.order());
  for (int y = 0; y < turned.height(); ++y) {
    uint8_t* to = turned.mutable_row(y);
    for (int x = 0; x < turned.width(); ++x, to += 3) {
      // Counter-clockwise: the right column becomes the top row.
      const uint8_t* from =
          quarter ? picture.row(x) + 3 * static_cast<size_t>(width - 1 - y)
                  : picture.row(height - 1 - y) + 3 * static_cast<size_t>(width - 1 - x);
      std::memcpy(to, from, 3);
    }
  }
  return turned;
}

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/image/resize.h"

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "absl/strings/str_cat.h"
#include "pipelines/base/status_macros.h"
#include "pipelines/image/opencv_status.h"

namespace omserve {

absl::StatusOr<Picture> ResizeLinear(const Picture& picture, int width, int height) {
  if (width < 1 || height < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot resize a picture to ", width, " x ", height));
  }
  Picture out = Picture::Allocate(width, height, picture.order());
  OMSERVE_RETURN_IF_ERROR(RunOpenCv([&] {
    // OpenCV has no read-only header; the source is not written.
    const cv::Mat from(picture.height(), picture.width(), CV_8UC3,
                       const_cast<uint8_t*>(picture.pixels()));
    cv::Mat to(height, width, CV_8UC3, out.mutable_pixels());
    cv::resize(from, to, to.size(), 0, 0, cv::INTER_LINEAR);
  }));
  return out;
}

}  // namespace omserve

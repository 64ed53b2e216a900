// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/image/opencv_status.h"

#include <new>
#include <opencv2/core.hpp>

#include "absl/strings/str_cat.h"

namespace omserve {

absl::Status RunOpenCv(absl::FunctionRef<void()> block) {
  static const bool single_threaded = [] {
    cv::setNumThreads(0);
    return true;
  }();
  static_cast<void>(single_threaded);
  try {
    block();
  } catch (const cv::Exception& e) {
    if (e.code == cv::Error::StsNoMem) return absl::ResourceExhaustedError("OpenCV has no memory");
    return absl::InternalError(absl::StrCat("OpenCV failed: ", e.err, " (", e.code, ")"));
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError("OpenCV has no memory");
  }
  return absl::OkStatus();
}

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <opencv2/core.hpp>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace omserve::client {

// Many pictures on one: cells in rows, the sheet about as wide as high. Pictures beyond kMaxCells
// are left out. Thread-compatible; nothing throws.
class ContactSheet {
 public:
  static constexpr int kMaxCells = 64;
  static constexpr int kCellSide = 480;  // pixels; larger pictures are shrunk to fit

  // 'picture' is RGB, CV_8UC3. INVALID_ARGUMENT: empty or of another type.
  absl::Status Add(const cv::Mat& picture);
  bool empty() const { return cells_.empty(); }
  // The sheet, CV_8UC3. FAILED_PRECONDITION: no picture was added.
  absl::StatusOr<cv::Mat> Render() const;

 private:
  std::vector<cv::Mat> cells_;
};

}  // namespace omserve::client

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/drawing/contact_sheet.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "absl/strings/str_cat.h"

namespace omserve::client {
namespace {

constexpr int kGap = 6;  // pixels between cells

}  // namespace

absl::Status ContactSheet::Add(const cv::Mat& picture) {
  if (picture.empty() || picture.type() != CV_8UC3) {
    return absl::InvalidArgumentError("not an RGB picture");
  }
  if (static_cast<int>(cells_.size()) >= kMaxCells) {
    return absl::OkStatus();
  }
  try {
    const double scale =
        std::min(1.0, static_cast<double>(kCellSide) / std::max(picture.cols, picture.rows));
    const cv::Size size(std::max(1, static_cast<int>(picture.cols * scale)),
                        std::max(1, static_cast<int>(picture.rows * scale)));
    cv::Mat cell;
    cv::resize(picture, cell, size, 0, 0, cv::INTER_AREA);
    cells_.push_back(cell);
  } catch (const cv::Exception& error) {
    return absl::InternalError(absl::StrCat("contact sheet: ", error.err));
  }
  return absl::OkStatus();
}

absl::StatusOr<cv::Mat> ContactSheet::Render() const {
  if (cells_.empty()) {
    return absl::FailedPreconditionError("no picture for the contact sheet");
  }
  const int count = static_cast<int>(cells_.size());
  const int columns = static_cast<int>(std::ceil(std::sqrt(count)));
  const int rows = (count + columns - 1) / columns;
  int width = 0;
  int height = 0;
  for (const cv::Mat& cell : cells_) {
    width = std::max(width, cell.cols);
    height = std::max(height, cell.rows);
  }
  try {
    cv::Mat sheet(rows * (height + kGap) + kGap, columns * (width + kGap) + kGap, CV_8UC3,
                  cv::Scalar::all(32));
    for (int i = 0; i < count; ++i) {
      const cv::Mat& cell = cells_[static_cast<size_t>(i)];
      const int x = kGap + i % columns * (width + kGap) + (width - cell.cols) / 2;
      const int y = kGap + i / columns * (height + kGap) + (height - cell.rows) / 2;
      cell.copyTo(sheet(cv::Rect(x, y, cell.cols, cell.rows)));
    }
    return sheet;
  } catch (const cv::Exception& error) {
    return absl::InternalError(absl::StrCat("contact sheet: ", error.err));
  }
}

}  // namespace omserve::client

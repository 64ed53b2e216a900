// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/drawing/draw_text.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace omserve::client {
namespace {

constexpr int kLineWidth = 2;         // pixels
constexpr double kFullHeight = 22.0;  // pixels of OpenCV's font at scale 1
constexpr double kLeastScale = 0.35;
const cv::Scalar kBoxColour(220, 30, 30);
const cv::Scalar kTextColour(20, 20, 20);

// One '?' for every character that the font lacks.
std::string AsAscii(std::string_view text) {
  std::string shown;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      shown += byte < 0x20 ? ' ' : c;
    } else if ((byte & 0xC0U) == 0xC0U) {
      shown += '?';
    }
  }
  return shown;
}

// A position of the answer, kept where cv::Point can hold it.
int OnCanvas(float position, int limit) {
  const float at = std::isfinite(position) ? position : 0.0F;
  return static_cast<int>(std::lround(std::clamp(at, 0.0F, static_cast<float>(limit - 1))));
}

std::vector<cv::Point> OutlineOf(const v1::TextLine& line, const cv::Mat& canvas) {
  const v1::BoundingBox& box = line.box();
  std::vector<float> xy(line.outline().begin(), line.outline().end());
  if (xy.empty()) {
    xy = {box.x1(), box.y1(), box.x2(), box.y1(), box.x2(), box.y2(), box.x1(), box.y2()};
  }
  std::vector<cv::Point> points;
  for (size_t i = 0; i + 1 < xy.size(); i += 2) {
    points.emplace_back(OnCanvas(xy[i], canvas.cols), OnCanvas(xy[i + 1], canvas.rows));
  }
  return points;
}

// The text as large as its box allows, in ASCII.
void WriteAscii(cv::Mat& sheet, const std::string& text, const v1::BoundingBox& box) {
  const double width = std::max(1.0, static_cast<double>(box.x2() - box.x1()));
  const double height = std::max(1.0, static_cast<double>(box.y2() - box.y1()));
  int below = 0;
  const cv::Size full = cv::getTextSize(text, cv::FONT_HERSHEY_SIMPLEX, 1.0, 1, &below);
  const double scale = std::max(
      kLeastScale, std::min(height / (kFullHeight + below), width / std::max(1, full.width)));
  const cv::Point start(OnCanvas(box.x1(), sheet.cols),
                        OnCanvas(static_cast<float>(box.y2() - below * scale), sheet.rows));
  cv::putText(sheet, text, start, cv::FONT_HERSHEY_SIMPLEX, scale, kTextColour, 1, cv::LINE_AA);
}

void WriteLine(cv::Mat& sheet, const v1::TextLine& line, const TextFont* font) {
  const v1::BoundingBox& box = line.box();
  if (line.text().empty()) {
    WriteAscii(sheet, absl::StrFormat("%.2f", line.box_score()), box);
  } else if (font == nullptr) {
    WriteAscii(sheet, AsAscii(line.text()), box);
  } else {
    const cv::Point from(OnCanvas(box.x1(), sheet.cols), OnCanvas(box.y1(), sheet.rows));
    const cv::Point to(OnCanvas(box.x2(), sheet.cols), OnCanvas(box.y2(), sheet.rows));
    font->Write(line.text(), cv::Rect(from, to), kTextColour, sheet);
  }
}

}  // namespace

bool NeedsFont(const v1::ReadTextResponse& answer) {
  return std::any_of(answer.lines().begin(), answer.lines().end(), [](const v1::TextLine& line) {
    return std::any_of(line.text().begin(), line.text().end(),
                       [](char c) { return static_cast<unsigned char>(c) >= 0x80U; });
  });
}

absl::StatusOr<cv::Mat> DrawText(const cv::Mat& picture, const v1::ReadTextResponse& answer,
                                 const TextFont* font) {
  if (picture.empty() || picture.type() != CV_8UC3 || picture.cols != answer.image_width() ||
      picture.rows != answer.image_height()) {
    return absl::InvalidArgumentError(
        absl::StrFormat("the picture is %dx%d here, the server saw %dx%d", picture.cols,
                        picture.rows, answer.image_width(), answer.image_height()));
  }
  try {
    cv::Mat canvas(picture.rows, 2 * picture.cols, CV_8UC3, cv::Scalar(255, 255, 255));
    cv::Mat left = canvas(cv::Rect(0, 0, picture.cols, picture.rows));
    cv::Mat right = canvas(cv::Rect(picture.cols, 0, picture.cols, picture.rows));
    picture.copyTo(left);
    for (const v1::TextLine& line : answer.lines()) {
      const std::vector<std::vector<cv::Point>> outlines = {OutlineOf(line, left)};
      cv::polylines(left, outlines, /*isClosed=*/true, kBoxColour, kLineWidth);
      cv::polylines(right, outlines, /*isClosed=*/true, kBoxColour, 1);
      WriteLine(right, line, font);
    }
    return canvas;
  } catch (const cv::Exception& error) {
    return absl::InternalError(absl::StrCat("drawing: ", error.err));
  }
}

}  // namespace omserve::client

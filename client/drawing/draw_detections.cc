// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/drawing/draw_detections.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <opencv2/imgproc.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/drawing/picture.h"
#include "client/drawing/rle.h"

namespace omserve::client {
namespace {

constexpr int kLineWidth = 2;           // pixels
constexpr double kMaskOpacity = 0.4;    // 0 to 1
constexpr double kTextScale = 0.65;     // of OpenCV's font, about 14 pixels high
constexpr int kTextMargin = 3;          // pixels
constexpr double kGoldenRatio = 0.618;  // hues far apart for neighbouring labels

int EnlargementOf(const cv::Mat& picture) {
  const int side = std::max(picture.cols, picture.rows);
  return side <= 400 ? 3 : side <= 800 ? 2 : 1;
}

// A bright colour of its own for every label.
cv::Scalar ColourOf(int label) {
  const double hue = std::fmod(std::abs(label) * kGoldenRatio, 1.0) * 6.0;
  const double rise = hue - std::floor(hue);
  const double up = 255 * rise;
  const double down = 255 * (1 - rise);
  switch (static_cast<int>(hue)) {
    case 0:
      return {255, up, 40};
    case 1:
      return {down, 255, 40};
    case 2:
      return {40, 255, up};
    case 3:
      return {40, down, 255};
    case 4:
      return {up, 40, 255};
    default:
      return {255, 40, down};
  }
}

cv::Scalar TextColourOn(const cv::Scalar& background) {
  const double brightness = 0.3 * background[0] + 0.59 * background[1] + 0.11 * background[2];
  return brightness > 130 ? cv::Scalar(0, 0, 0) : cv::Scalar(255, 255, 255);
}

void DrawMask(cv::Mat& canvas, const cv::Mat& mask, const cv::Scalar& colour) {
  cv::Mat large;
  cv::resize(mask, large, canvas.size(), 0, 0, cv::INTER_NEAREST);
  for (int y = 0; y < canvas.rows; ++y) {
    const uint8_t* inside = large.ptr<uint8_t>(y);
    cv::Vec3b* pixel = canvas.ptr<cv::Vec3b>(y);
    for (int x = 0; x < canvas.cols; ++x) {
      for (int c = 0; inside[x] != 0 && c < 3; ++c) {
        pixel[x][c] =
            cv::saturate_cast<uint8_t>((1 - kMaskOpacity) * pixel[x][c] + kMaskOpacity * colour[c]);
      }
    }
  }
}

void DrawLabel(cv::Mat& canvas, const std::string& text, cv::Point corner,
               const cv::Scalar& colour) {
  int below = 0;
  const cv::Size size = cv::getTextSize(text, cv::FONT_HERSHEY_SIMPLEX, kTextScale, 1, &below);
  const int height = size.height + below + 2 * kTextMargin;
  const int width = size.width + 2 * kTextMargin;
  // Above the box if there is room, else inside it; never beyond the picture's edges.
  const int top = corner.y >= height ? corner.y - height : std::max(0, corner.y);
  const int left = std::clamp(corner.x, 0, std::max(0, canvas.cols - width));
  cv::rectangle(canvas, cv::Rect(left, top, width, height), colour, cv::FILLED);
  cv::putText(canvas, text, cv::Point(left + kTextMargin, top + kTextMargin + size.height),
              cv::FONT_HERSHEY_SIMPLEX, kTextScale, TextColourOn(colour), 1, cv::LINE_AA);
}

// A pixel position of the answer on the canvas, kept where cv::Point can hold it.
int OnCanvas(float position, int enlargement, int limit) {
  const float at = std::isfinite(position) ? position * static_cast<float>(enlargement) : 0.0F;
  return static_cast<int>(std::lround(std::clamp(at, 0.0F, static_cast<float>(limit - 1))));
}

cv::Point CornerOf(const v1::BoundingBox& box, int enlargement, const cv::Mat& canvas) {
  return {OnCanvas(box.x1(), enlargement, canvas.cols),
          OnCanvas(box.y1(), enlargement, canvas.rows)};
}

absl::StatusOr<cv::Mat> Draw(const cv::Mat& picture, const v1::DetectResponse& answer) {
  const int enlargement = EnlargementOf(picture);
  cv::Mat canvas;
  cv::resize(picture, canvas, cv::Size(), enlargement, enlargement, cv::INTER_CUBIC);
  const auto& detections = answer.detections();
  for (const v1::Detection& detection : detections) {
    if (!detection.has_mask()) {
      continue;
    }
    const auto mask = DecodeMask(detection.mask(), picture.cols, picture.rows);
    if (!mask.ok()) {
      return mask.status();
    }
    DrawMask(canvas, *mask, ColourOf(detection.label()));
  }
  for (const v1::Detection& detection : detections) {
    cv::rectangle(canvas, CornerOf(detection.box(), enlargement, canvas),
                  cv::Point(OnCanvas(detection.box().x2(), enlargement, canvas.cols),
                            OnCanvas(detection.box().y2(), enlargement, canvas.rows)),
                  ColourOf(detection.label()), kLineWidth);
  }
  // After all boxes, worst first, so that no box and no worse label hides a better one.
  for (int i = detections.size() - 1; i >= 0; --i) {
    const v1::Detection& detection = detections[i];
    const std::string name =
        detection.label_name().empty() ? absl::StrCat(detection.label()) : detection.label_name();
    DrawLabel(canvas, absl::StrFormat("%s %.2f", name, detection.score()),
              CornerOf(detection.box(), enlargement, canvas), ColourOf(detection.label()));
  }
  return canvas;
}

absl::StatusOr<cv::Mat> FillPolygons(const v1::Mask::Polygons& polygons, int width, int height) {
  std::vector<std::vector<cv::Point>> contours;
  for (const v1::Mask::Polygon& polygon : polygons.polygons()) {
    std::vector<cv::Point> contour;
    for (int i = 0; i + 1 < polygon.xy_size(); i += 2) {
      contour.emplace_back(OnCanvas(polygon.xy(i), 1, width),
                           OnCanvas(polygon.xy(i + 1), 1, height));
    }
    if (!contour.empty()) {
      contours.push_back(std::move(contour));
    }
  }
  cv::Mat mask = cv::Mat::zeros(height, width, CV_8UC1);
  if (!contours.empty()) {
    cv::fillPoly(mask, contours, cv::Scalar(1));
  }
  return mask;
}

}  // namespace

absl::StatusOr<cv::Mat> DecodeMask(const v1::Mask& mask, int width, int height) {
  try {
    switch (mask.form_case()) {
      case v1::Mask::kRle: {
        const auto pixels = DecodeRle(mask.rle().counts(), mask.rle().height(), mask.rle().width());
        if (!pixels.ok()) {
          return pixels.status();
        }
        cv::Mat decoded(mask.rle().height(), mask.rle().width(), CV_8UC1);
        std::copy(pixels->begin(), pixels->end(), decoded.data);
        return decoded;
      }
      case v1::Mask::kPng:
        return DecodeGreyPng(mask.png());
      case v1::Mask::kPolygons:
        return FillPolygons(mask.polygons(), width, height);
      case v1::Mask::FORM_NOT_SET:
        break;
    }
  } catch (const cv::Exception& error) {
    return absl::InvalidArgumentError(absl::StrCat("mask: ", error.err));
  }
  return absl::InvalidArgumentError("a detection has an empty mask");
}

absl::StatusOr<cv::Mat> DrawDetections(const cv::Mat& picture, const v1::DetectResponse& answer) {
  if (picture.empty() || picture.type() != CV_8UC3 || picture.cols != answer.image_width() ||
      picture.rows != answer.image_height()) {
    return absl::InvalidArgumentError(
        absl::StrFormat("the picture is %dx%d here, the server saw %dx%d", picture.cols,
                        picture.rows, answer.image_width(), answer.image_height()));
  }
  try {
    return Draw(picture, answer);
  } catch (const cv::Exception& error) {
    return absl::InternalError(absl::StrCat("drawing: ", error.err));
  }
}

}  // namespace omserve::client

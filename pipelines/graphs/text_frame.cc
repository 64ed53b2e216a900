// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/graphs/text_frame.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

#include "pipelines/base/status_macros.h"
#include "pipelines/image/pad_rows.h"
#include "pipelines/image/resize.h"

namespace omserve {
namespace {

constexpr int kMultiple = 32;
constexpr int kLeastSide = 30;   // pixels; smaller pictures are enlarged
constexpr int kFlatHeight = 30;  // pixels; a picture up to this gets black rows
constexpr int kFlatRatio = 8;    // width over height; a picture above gets black rows

// The side, scaled and cut to whole pixels, as the nearest multiple of 32 (halves to the even one),
// at least 32.
int Scaled(int side, double ratio) {
  const double cut = std::trunc(side * ratio);
  return std::max(static_cast<int>(std::nearbyint(cut / kMultiple)) * kMultiple, kMultiple);
}

absl::Status Resize(double ratio, TextFrame& frame) {
  const int width = Scaled(frame.picture.width(), ratio);
  const int height = Scaled(frame.picture.height(), ratio);
  frame.scale_x *= static_cast<float>(frame.picture.width()) / static_cast<float>(width);
  frame.scale_y *= static_cast<float>(frame.picture.height()) / static_cast<float>(height);
  OMSERVE_ASSIGN_OR_RETURN(frame.picture, ResizeLinear(frame.picture, width, height));
  return absl::OkStatus();
}

// The most that the frame may be scaled by to fit the gear, at most 1.
double ShrinkFor(const DetGear& gear, int width, int height) {
  return std::min(
      {1.0, static_cast<double>(gear.width) / width, static_cast<double>(gear.height) / height});
}

}  // namespace

PointF TextFrame::ToSent(PointF point) const {
  return {std::clamp(point.x * scale_x, 0.0F, static_cast<float>(sent_width)),
          std::clamp((point.y - static_cast<float>(top)) * scale_y, 0.0F,
                     static_cast<float>(sent_height))};
}

absl::StatusOr<TextFrame> MakeTextFrame(Picture picture, int max_side) {
  TextFrame frame;
  frame.sent_width = picture.width();
  frame.sent_height = picture.height();
  frame.picture = std::move(picture);
  const int longer = std::max(frame.sent_width, frame.sent_height);
  if (longer > max_side) {
    OMSERVE_RETURN_IF_ERROR(Resize(static_cast<double>(max_side) / longer, frame));
  }
  const int shorter = std::min(frame.picture.width(), frame.picture.height());
  if (shorter < kLeastSide) {
    // A line of pixels is not blown up without an end.
    const int side = std::max(frame.picture.width(), frame.picture.height());
    const double most = std::max(1.0, 4.0 * max_side / side);
    OMSERVE_RETURN_IF_ERROR(
        Resize(std::min(static_cast<double>(kLeastSide) / shorter, most), frame));
  }
  const int width = frame.picture.width(), height = frame.picture.height();
  if (height <= kFlatHeight || width > kFlatRatio * height) {
    const int wanted = std::max(width / kFlatRatio, kFlatHeight) * 2;
    frame.top = std::abs(wanted - height) / 2;
    frame.picture = PadRows(frame.picture, frame.top);
  }
  return frame;
}

DetFit FitDetection(int width, int height, const PpOcrConfig& config) {
  const int side = config.det_limit_max ? std::max(width, height) : std::min(width, height);
  const bool scale =
      config.det_limit_max ? side > config.det_limit_side : side < config.det_limit_side;
  const double ratio = scale ? static_cast<double>(config.det_limit_side) / side : 1.0;
  DetFit fit;
  fit.width = Scaled(width, ratio);
  fit.height = Scaled(height, ratio);
  const std::span<const DetGear> gears(config.det_gears);
  double best_shrink = 0;
  int64_t best_area = 0;
  for (size_t i = 0; i < gears.size(); ++i) {
    const double shrink = ShrinkFor(gears[i], fit.width, fit.height);
    const int64_t area = static_cast<int64_t>(gears[i].width) * gears[i].height;
    if (shrink < best_shrink || (shrink == best_shrink && area >= best_area)) continue;
    best_shrink = shrink;
    best_area = area;
    fit.gear = i;
  }
  const auto cut = [&](int length, int most) {
    const int multiple = static_cast<int>(length * best_shrink) / kMultiple * kMultiple;
    return std::clamp(multiple, kMultiple, most);
  };
  if (best_shrink < 1) {
    fit.width = cut(fit.width, gears[fit.gear].width);
    fit.height = cut(fit.height, gears[fit.gear].height);
  }
  return fit;
}

}  // namespace omserve

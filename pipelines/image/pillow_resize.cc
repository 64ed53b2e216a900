// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/strings/str_cat.h"
#include "pipelines/base/multiversion.h"
#include "pipelines/image/resize.h"

namespace omserve {
namespace {

constexpr int kPrecisionBits = 32 - 8 - 2;
constexpr int32_t kHalf = 1 << (kPrecisionBits - 1);
constexpr int kLanes = 8;  // rows that the pass across handles at once

double Bicubic(double x) {
  constexpr double a = -0.5;
  x = std::abs(x);
  if (x < 1.0) return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
  if (x < 2.0) return (((x - 5) * x + 8) * x - 4) * a;
  return 0.0;
}

double Bilinear(double x) { return std::max(0.0, 1.0 - std::abs(x)); }

// A filter of Pillow's and how far it reaches at scale 1, input pixels.
struct Kernel {
  double (*weight)(double);
  double support;
};
constexpr Kernel kBicubic = {Bicubic, 2.0};
constexpr Kernel kBilinear = {Bilinear, 1.0};

// The taps of one output position: weights[i] belongs to input first + i.
struct Taps {
  int first = 0;
  std::vector<int32_t> weights;
};

// For the outputs begin .. begin + count - 1 of an axis that goes from 'in' to 'out' pixels.
std::vector<Taps> AxisTaps(const Kernel& kernel, int in, int out, int begin, int count) {
  const double scale = static_cast<double>(in) / out;
  const double filter_scale = std::max(scale, 1.0);
  const double support = kernel.support * filter_scale;
  const double inverse = 1.0 / filter_scale;
  std::vector<Taps> axis(static_cast<size_t>(count));
  std::vector<double> exact;
  for (int i = 0; i < count; ++i) {
    const double center = (begin + i + 0.5) * scale;
    const int first = std::max(0, static_cast<int>(center - support + 0.5));
    const int last = std::min(in, static_cast<int>(center + support + 0.5));
    exact.clear();
    double sum = 0;
    for (int x = first; x < last; ++x) {
      exact.push_back(kernel.weight((x - center + 0.5) * inverse));
      sum += exact.back();
    }
    Taps& taps = axis[static_cast<size_t>(i)];
    taps.first = first;
    for (double weight : exact) {
      if (sum != 0.0) weight /= sum;
      const double fixed = weight * (1 << kPrecisionBits);
      taps.weights.push_back(static_cast<int32_t>(fixed < 0 ? fixed - 0.5 : fixed + 0.5));
    }
  }
  return axis;
}

// One output column of kLanes rows: 'in' holds [x][channel][lane].
OMSERVE_MULTIVERSION
void SumAcross(const int32_t* __restrict in, const int32_t* __restrict weights, size_t count,
               uint8_t* __restrict out) {
  constexpr size_t kWidth = 3 * kLanes;
  int32_t sum[kWidth];
  for (size_t j = 0; j < kWidth; ++j) sum[j] = kHalf;
  for (size_t i = 0; i < count; ++i) {
    const int32_t weight = weights[i];
    for (size_t j = 0; j < kWidth; ++j) sum[j] += weight * in[i * kWidth + j];
  }
  for (size_t j = 0; j < kWidth; ++j) {
    const int32_t value = sum[j] >> kPrecisionBits;
    out[j] = static_cast<uint8_t>(value < 0 ? 0 : (value > 255 ? 255 : value));
  }
}

// One output row: 'in' holds the taps' rows, 'pitch' bytes apart.
OMSERVE_MULTIVERSION
void SumDown(const uint8_t* __restrict in, size_t pitch, const int32_t* __restrict weights,
             size_t count, size_t n, int32_t* __restrict sum, uint8_t* __restrict out) {
  for (size_t j = 0; j < n; ++j) sum[j] = kHalf;
  for (size_t i = 0; i < count; ++i) {
    const int32_t weight = weights[i];
    const uint8_t* row = in + i * pitch;
    for (size_t j = 0; j < n; ++j) sum[j] += weight * static_cast<int32_t>(row[j]);
  }
  for (size_t j = 0; j < n; ++j) {
    const int32_t value = sum[j] >> kPrecisionBits;
    out[j] = static_cast<uint8_t>(value < 0 ? 0 : (value > 255 ? 255 : value));
  }
}

// Resizes the rows begin .. end - 1 across, into a picture of crop.width columns.
Picture PassAcross(const Kernel& kernel, const Picture& picture, int width, const CropWindow& crop,
                   int begin, int end) {
  Picture out = Picture::Allocate(crop.width, end - begin, picture.order());
  if (width == picture.width()) {  // Pillow leaves this pass out
    for (int y = begin; y < end; ++y) {
      std::copy_n(picture.row(y) + static_cast<size_t>(crop.x) * 3, out.row_bytes(),
                  out.mutable_row(y - begin));
    }
    return out;
  }
  const std::vector<Taps> axis = AxisTaps(kernel, picture.width(), width, crop.x, crop.width);
  const int left = axis.front().first;
  const int right = axis.back().first + static_cast<int>(axis.back().weights.size());
  std::vector<int32_t> lanes(static_cast<size_t>(right - left) * 3 * kLanes);
  uint8_t column[3 * kLanes];
  for (int y = begin; y < end; y += kLanes) {
    const int rows = std::min(kLanes, end - y);
    for (int lane = 0; lane < rows; ++lane) {
      const uint8_t* from = picture.row(y + lane) + static_cast<size_t>(left) * 3;
      const auto samples = static_cast<size_t>(right - left) * 3;
      int32_t* to = lanes.data() + lane;
      for (size_t i = 0; i < samples; ++i) to[i * kLanes] = from[i];
    }
    for (int x = 0; x < crop.width; ++x) {
      const Taps& taps = axis[static_cast<size_t>(x)];
      SumAcross(lanes.data() + static_cast<size_t>(taps.first - left) * 3 * kLanes,
                taps.weights.data(), taps.weights.size(), column);
      for (int lane = 0; lane < rows; ++lane) {
        uint8_t* to = out.mutable_row(y - begin + lane) + static_cast<size_t>(x) * 3;
        for (int c = 0; c < 3; ++c) to[c] = column[c * kLanes + lane];
      }
    }
  }
  return out;
}

absl::StatusOr<Picture> Resize(const Kernel& kernel, const Picture& picture, int width, int height,
                               const CropWindow& crop) {
  if (width < 1 || height < 1 || crop.width < 1 || crop.height < 1 || crop.x < 0 || crop.y < 0 ||
      crop.x > width - crop.width || crop.y > height - crop.height) {
    return absl::InvalidArgumentError(absl::StrCat("cannot resize a picture to ", width, " x ",
                                                   height, " and cut ", crop.width, " x ",
                                                   crop.height, " out of it"));
  }
  if (height == picture.height()) {
    return PassAcross(kernel, picture, width, crop, crop.y, crop.y + crop.height);
  }
  const std::vector<Taps> axis = AxisTaps(kernel, picture.height(), height, crop.y, crop.height);
  const int top = axis.front().first;
  const int bottom = axis.back().first + static_cast<int>(axis.back().weights.size());
  const Picture across = PassAcross(kernel, picture, width, crop, top, bottom);
  Picture out = Picture::Allocate(crop.width, crop.height, picture.order());
  std::vector<int32_t> sum(out.row_bytes());
  for (int y = 0; y < crop.height; ++y) {
    const Taps& taps = axis[static_cast<size_t>(y)];
    SumDown(across.row(taps.first - top), across.row_bytes(), taps.weights.data(),
            taps.weights.size(), out.row_bytes(), sum.data(), out.mutable_row(y));
  }
  return out;
}

}  // namespace

absl::StatusOr<Picture> ResizePillowBicubic(const Picture& picture, int width, int height,
                                            const CropWindow& crop) {
  return Resize(kBicubic, picture, width, height, crop);
}

absl::StatusOr<Picture> ResizePillowBilinear(const Picture& picture, int width, int height,
                                             const CropWindow& crop) {
  return Resize(kBilinear, picture, width, height, crop);
}

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "aipp.h"

#include <algorithm>
#include <utility>

namespace hostacl {
namespace {

using Pixel = std::array<int32_t, 4>;

// One pixel of one picture, its channels in the order in which they lie in memory.
Pixel ReadPixel(const Aipp& aipp, const AippShape& shape, const uint8_t* picture, int64_t y,
                int64_t x) {
  const int64_t at = y * shape.width + x;
  switch (aipp.format) {
    case PictureFormat::kYuv400:
      return {picture[at], 0, 0, 0};
    case PictureFormat::kYuv420sp: {
      const uint8_t* chroma =
          picture + shape.height * shape.width + (y / 2) * shape.width + (x / 2) * 2;
      Pixel pixel = {picture[at], chroma[0], chroma[1], 0};
      if (aipp.swap_red_blue) std::swap(pixel[1], pixel[2]);
      return pixel;
    }
    case PictureFormat::kXrgb8888: {
      const uint8_t* bytes = picture + at * 4;
      Pixel pixel = {bytes[0], bytes[1], bytes[2], bytes[3]};
      if (aipp.swap_red_blue) std::swap(pixel[1], pixel[3]);
      if (aipp.swap_alpha) pixel = {pixel[1], pixel[2], pixel[3], pixel[0]};
      return pixel;
    }
    case PictureFormat::kRgb888:
      break;
  }
  const uint8_t* bytes = picture + at * 3;
  Pixel pixel = {bytes[0], bytes[1], bytes[2], 0};
  if (aipp.swap_red_blue) std::swap(pixel[0], pixel[2]);
  return pixel;
}

Pixel Convert(const Aipp& aipp, const Pixel& pixel) {
  Pixel result = pixel;  // a fourth channel stays
  for (size_t row = 0; row < 3; ++row) {
    int32_t sum = 0;
    for (size_t column = 0; column < 3; ++column) {
      sum += aipp.matrix[row * 3 + column] * (pixel[column] - aipp.input_bias[column]);
    }
    result[row] = std::clamp((sum >> 8) + aipp.output_bias[row], 0, 255);
  }
  return result;
}

}  // namespace

int64_t Aipp::channels() const {
  switch (format) {
    case PictureFormat::kXrgb8888:
      return 4;
    case PictureFormat::kYuv400:
      return 1;
    case PictureFormat::kYuv420sp:
    case PictureFormat::kRgb888:
      break;
  }
  return 3;
}

int64_t Aipp::bytes_per_pixel() const {
  return format == PictureFormat::kYuv420sp ? 1 : channels();
}

int64_t Aipp::RowsOf(int64_t height) const {
  return format == PictureFormat::kYuv420sp ? height * 3 / 2 : height;
}

int64_t Aipp::HeightOf(int64_t rows) const {
  return format == PictureFormat::kYuv420sp ? rows * 2 / 3 : rows;
}

int64_t Aipp::WidthAfter(int64_t width) const {
  return (crop ? crop_width : width) + (padding ? pad_left + pad_right : 0);
}

int64_t Aipp::HeightAfter(int64_t height) const {
  return (crop ? crop_height : height) + (padding ? pad_top + pad_bottom : 0);
}

void ApplyAipp(const Aipp& aipp, const AippShape& shape, const uint8_t* pictures, float* to) {
  const int64_t width = aipp.WidthAfter(shape.width);
  const int64_t height = aipp.HeightAfter(shape.height);
  const int64_t left = aipp.padding ? aipp.pad_left : 0;
  const int64_t top = aipp.padding ? aipp.pad_top : 0;
  const int64_t inner_width = aipp.crop ? aipp.crop_width : shape.width;
  const int64_t inner_height = aipp.crop ? aipp.crop_height : shape.height;
  const int64_t crop_left = aipp.crop ? aipp.crop_left : 0;
  const int64_t crop_top = aipp.crop ? aipp.crop_top : 0;
  const int64_t picture_bytes = aipp.RowsOf(shape.height) * shape.width * aipp.bytes_per_pixel();
  const int64_t values = shape.channels * height * width;
  const int64_t channel_step = shape.channels_first ? height * width : 1;
  const int64_t pixel_step = shape.channels_first ? 1 : shape.channels;
  for (int64_t n = 0; n < shape.batch; ++n, to += values) {
    const uint8_t* picture = pictures + n * picture_bytes;
    if (aipp.padding) std::fill(to, to + values, aipp.pad_value);
    for (int64_t y = 0; y < inner_height; ++y) {
      float* out = to + ((y + top) * width + left) * pixel_step;
      for (int64_t x = 0; x < inner_width; ++x, out += pixel_step) {
        Pixel pixel = ReadPixel(aipp, shape, picture, y + crop_top, x + crop_left);
        if (aipp.convert) pixel = Convert(aipp, pixel);
        for (int64_t c = 0; c < shape.channels; ++c) {
          const auto k = static_cast<size_t>(c);
          out[c * channel_step] =
              (static_cast<float>(pixel[k]) - aipp.mean[k] - aipp.least[k]) * aipp.factor[k];
        }
      }
    }
  }
}

}  // namespace hostacl

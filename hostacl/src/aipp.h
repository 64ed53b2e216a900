// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace hostacl {

// How the bytes of a picture lie in the model's input.
enum class PictureFormat {
  kYuv420sp,  // a plane of Y, then one of UV pairs at half the height and width
  kXrgb8888,  // four interleaved bytes a pixel
  kRgb888,    // three interleaved bytes a pixel
  kYuv400,    // a plane of Y alone
};

// Static AIPP: the fixed steps between a picture of bytes and the floats that the graph takes, in
// the order of the card's unit: channel swap, crop, colour conversion, normalisation, padding.
// A value.
struct Aipp {
  PictureFormat format = PictureFormat::kRgb888;
  bool swap_red_blue = false;  // also U with V
  bool swap_alpha = false;     // XRGB8888: the first byte of a pixel goes last

  bool crop = false;
  int64_t crop_left = 0;  // pixels
  int64_t crop_top = 0;
  int64_t crop_width = 0;
  int64_t crop_height = 0;

  // out = clamp((matrix x (in - input_bias)) >> 8 + output_bias, 0, 255), in whole numbers.
  bool convert = false;
  std::array<int32_t, 9> matrix = {};
  std::array<int32_t, 3> input_bias = {};
  std::array<int32_t, 3> output_bias = {};

  // out = (in - mean - least) * factor, a channel each.
  std::array<float, 4> mean = {};
  std::array<float, 4> least = {};
  std::array<float, 4> factor = {1, 1, 1, 1};

  bool padding = false;
  int64_t pad_left = 0;  // pixels
  int64_t pad_right = 0;
  int64_t pad_top = 0;
  int64_t pad_bottom = 0;
  float pad_value = 0;  // taken as it is, after normalisation

  // Channels that a pixel of `format` unfolds to: 3, 4, 3, 1.
  int64_t channels() const;
  // Rows of bytes that a picture of `height` takes, and back: 3/2 of it for YUV420SP.
  int64_t RowsOf(int64_t height) const;
  int64_t HeightOf(int64_t rows) const;
  // Bytes of one pixel in a row: 1, 4, 3, 1.
  int64_t bytes_per_pixel() const;
  int64_t WidthAfter(int64_t width) const;
  int64_t HeightAfter(int64_t height) const;
};

// What ApplyAipp needs to know beside the steps.
struct AippShape {
  int64_t batch = 1;
  int64_t height = 0;    // of the source picture, pixels
  int64_t width = 0;     // as height
  int64_t channels = 3;  // that the graph takes: the first ones of Aipp::channels()
  bool channels_first = true;
};

// Turns `batch` pictures, one behind the other, into the graph's floats.
// REQUIRES: `to` has room for batch * channels * HeightAfter(height) * WidthAfter(width) values.
void ApplyAipp(const Aipp& aipp, const AippShape& shape, const uint8_t* pictures, float* to);

}  // namespace hostacl

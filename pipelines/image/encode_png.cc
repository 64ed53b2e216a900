// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/image/encode_png.h"

#include <png.h>

#include <algorithm>
#include <csetjmp>
#include <vector>

namespace omserve {
namespace {

void WriteString(png_structp png, png_bytep bytes, size_t count) {
  static_cast<std::string*>(png_get_io_ptr(png))
      ->append(reinterpret_cast<const char*>(bytes), count);
}
void FlushString(png_structp) {}
void OnError(png_structp png, png_const_charp) { png_longjmp(png, 1); }
void OnWarning(png_structp, png_const_charp) {}

// libpng leaves by longjmp, so nothing with a destructor lives here; 'row' has image_width bytes.
bool WriteMask(png_structp png, png_infop info, const MaskRegion& mask, uint8_t* row) {
  if (setjmp(png_jmpbuf(png)) != 0) return false;
  png_set_IHDR(png, info, static_cast<png_uint_32>(mask.image_width),
               static_cast<png_uint_32>(mask.image_height), 8, PNG_COLOR_TYPE_GRAY,
               PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_set_compression_level(png, 1);
  png_set_filter(png, 0, PNG_FILTER_UP);  // rows of a mask are mostly alike
  png_write_info(png, info);
  for (int y = 0; y < mask.image_height; ++y) {
    std::fill_n(row, mask.image_width, uint8_t{0});
    if (y >= mask.y && y < mask.y + mask.height) {
      const uint8_t* from =
          mask.pixels.data() + static_cast<size_t>(y - mask.y) * static_cast<size_t>(mask.width);
      for (int x = 0; x < mask.width; ++x) row[mask.x + x] = from[x] != 0 ? 255 : 0;
    }
    png_write_row(png, row);
  }
  png_write_end(png, info);
  return true;
}

}  // namespace

absl::StatusOr<std::string> EncodeMaskPng(const MaskRegion& mask) {
  std::string out;
  std::vector<uint8_t> row(static_cast<size_t>(mask.image_width));
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, OnError, OnWarning);
  png_infop info = png == nullptr ? nullptr : png_create_info_struct(png);
  bool written = false;
  if (info != nullptr) {
    png_set_write_fn(png, &out, WriteString, FlushString);
    written = WriteMask(png, info, mask, row.data());
  }
  const bool memory = info != nullptr;
  png_destroy_write_struct(&png, &info);
  if (!memory) return absl::ResourceExhaustedError("no memory for a PNG encoder");
  if (!written) return absl::InternalError("the mask could not be written as PNG");
  return out;
}

}  // namespace omserve

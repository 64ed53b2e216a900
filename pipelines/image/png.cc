// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include <png.h>

#include <csetjmp>
#include <cstring>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "pipelines/base/status_macros.h"
#include "pipelines/image/codec.h"

namespace omserve {
namespace {

// What libpng's callbacks see. The C functions below jump out of libpng with longjmp; every object
// with a destructor lives here or in DecodePng, outside the frames that are jumped over.
struct Source {
  std::string_view bytes;
  size_t at = 0;
  char error[160] = "";
};

void ReadSource(png_structp png, png_bytep to, size_t count) {
  auto* source = static_cast<Source*>(png_get_io_ptr(png));
  if (count > source->bytes.size() - source->at) png_error(png, "unexpected end of the file");
  std::memcpy(to, source->bytes.data() + source->at, count);
  source->at += count;
}

void OnError(png_structp png, png_const_charp text) {
  auto* source = static_cast<Source*>(png_get_error_ptr(png));
  std::strncpy(source->error, text, sizeof(source->error) - 1);
  png_longjmp(png, 1);
}

void OnWarning(png_structp, png_const_charp) {}

bool ReadHeader(png_structp png, png_infop info) {
  if (setjmp(png_jmpbuf(png)) != 0) return false;
  png_read_info(png, info);
  return true;
}

// 'rows' holds one pointer a row, of width * 3 bytes.
bool ReadRgb(png_structp png, png_infop info, png_bytepp rows, size_t row_bytes) {
  if (setjmp(png_jmpbuf(png)) != 0) return false;
  const png_byte color = png_get_color_type(png, info);
  if (color == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png);
  if (color == PNG_COLOR_TYPE_GRAY && png_get_bit_depth(png, info) < 8) {
    png_set_expand_gray_1_2_4_to_8(png);
  }
  if ((color & PNG_COLOR_MASK_COLOR) == 0) png_set_gray_to_rgb(png);
  if (png_get_bit_depth(png, info) == 16) png_set_strip_16(png);
  png_set_strip_alpha(png);
  png_set_interlace_handling(png);
  png_read_update_info(png, info);
  if (png_get_rowbytes(png, info) != row_bytes) png_error(png, "unusual row size");
  png_read_image(png, rows);
  png_read_end(png, nullptr);
  return true;
}

struct Reader {
  explicit Reader(Source& source)
      : png(png_create_read_struct(PNG_LIBPNG_VER_STRING, &source, OnError, OnWarning)),
        info(png == nullptr ? nullptr : png_create_info_struct(png)) {}
  ~Reader() { png_destroy_read_struct(&png, &info, nullptr); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  png_structp png;
  png_infop info;
};

absl::Status Damaged(const Source& source) {
  return absl::InvalidArgumentError(absl::StrCat(
      "image: the PNG is cut off or damaged; send the whole file (", source.error, ")"));
}

}  // namespace

absl::StatusOr<Picture> DecodePng(std::string_view bytes, const ImageLimits& limits) {
  // IHDR stands first, so the size is known before libpng sees a byte.
  if (bytes.size() < 33) {
    return absl::InvalidArgumentError("image: the PNG is cut off; send the whole file");
  }
  const auto big32 = [&](size_t at) {
    int64_t value = 0;
    for (size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<uint8_t>(bytes[at + i]);
    return value;
  };
  const int64_t width = big32(16);
  const int64_t height = big32(20);
  OMSERVE_RETURN_IF_ERROR(CheckImageSize(width, height, limits));
  Source source{.bytes = bytes};
  Reader reader(source);
  if (reader.info == nullptr) return absl::ResourceExhaustedError("no memory for a PNG decoder");
  png_set_user_limits(reader.png, static_cast<png_uint_32>(limits.max_side),
                      static_cast<png_uint_32>(limits.max_side));
  png_set_read_fn(reader.png, &source, ReadSource);
  if (!ReadHeader(reader.png, reader.info)) return Damaged(source);
  Picture picture =
      Picture::Allocate(static_cast<int>(width), static_cast<int>(height), ChannelOrder::kRgb);
  std::vector<png_bytep> rows(static_cast<size_t>(height));
  for (size_t y = 0; y < rows.size(); ++y) rows[y] = picture.mutable_row(static_cast<int>(y));
  if (!ReadRgb(reader.png, reader.info, rows.data(), picture.row_bytes())) return Damaged(source);
  return picture;
}

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/image/decode.h"

#include "absl/strings/str_cat.h"
#include "pipelines/base/status_macros.h"
#include "pipelines/image/codec.h"
#include "pipelines/image/exif.h"

namespace omserve {
namespace {

absl::StatusOr<Picture> BorrowRaw(const ImageInput& input, const ImageLimits& limits) {
  OMSERVE_RETURN_IF_ERROR(CheckImageSize(input.width, input.height, limits));
  const size_t needed = static_cast<size_t>(input.width) * static_cast<size_t>(input.height) * 3;
  if (input.bytes.size() != needed) {
    return absl::InvalidArgumentError(absl::StrCat("image: raw pixels of ", input.width, " x ",
                                                   input.height, " x 3 need ", needed,
                                                   " bytes, and there are ", input.bytes.size()));
  }
  return Picture::Borrow(
      reinterpret_cast<const uint8_t*>(input.bytes.data()), input.width, input.height,
      input.format == ImageInput::Format::kRawRgb ? ChannelOrder::kRgb : ChannelOrder::kBgr);
}

absl::StatusOr<Picture> DecodeByMagic(std::string_view bytes, const ImageLimits& limits) {
  if (bytes.empty()) {
    return absl::InvalidArgumentError("image: there are no bytes; send a JPEG, PNG or WebP");
  }
  if (bytes.substr(0, 3) == "\xff\xd8\xff") return DecodeJpeg(bytes, limits);
  if (bytes.substr(0, 8) == "\x89PNG\r\n\x1a\n") return DecodePng(bytes, limits);
  if (bytes.substr(0, 4) == "RIFF" && bytes.size() >= 12 && bytes.substr(8, 4) == "WEBP") {
    return DecodeWebp(bytes, limits);
  }
  return absl::InvalidArgumentError(
      "image: the bytes are not a JPEG, PNG or WebP; send one of these, or raw pixels with width "
      "and height");
}

}  // namespace

absl::Status CheckImageSize(int64_t width, int64_t height, const ImageLimits& limits) {
  if (width < 1 || height < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("image: the size must be at least 1 x 1, not ", width, " x ", height));
  }
  if (width > limits.max_side || height > limits.max_side || width > limits.max_pixels / height) {
    return absl::InvalidArgumentError(
        absl::StrCat("image: ", width, " x ", height, " is too large; scale it down to at most ",
                     limits.max_side, " pixels a side and ", limits.max_pixels, " pixels in all"));
  }
  return absl::OkStatus();
}

absl::StatusOr<Picture> Decode(const ImageInput& input, const ImageLimits& limits,
                               Orientation orientation) {
  if (input.format != ImageInput::Format::kEncoded) return BorrowRaw(input, limits);
  OMSERVE_ASSIGN_OR_RETURN(Picture picture, DecodeByMagic(input.bytes, limits));
  if (orientation == Orientation::kIgnoreExif) return picture;
  return Upright(std::move(picture), ExifOrientation(input.bytes));
}

}  // namespace omserve

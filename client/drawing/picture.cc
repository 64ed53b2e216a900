// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/drawing/picture.h"

#include <png.h>
#include <turbojpeg.h>
#include <webp/decode.h>

#include <cstdint>
#include <memory>

#include "absl/strings/str_cat.h"
#include "client/drawing/exif.h"

namespace omserve::client {
namespace {

constexpr int64_t kMaxPixels = int64_t{1} << 28;

const uint8_t* Bytes(std::string_view text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

absl::Status CheckSize(int64_t width, int64_t height) {
  if (width < 1 || height < 1 || width > kMaxPixels / height) {
    return absl::InvalidArgumentError(absl::StrCat("picture of ", width, "x", height, " pixels"));
  }
  return absl::OkStatus();
}

cv::Mat TurnUpright(const cv::Mat& picture, int orientation) {
  cv::Mat upright;
  switch (orientation) {
    case 2:
      cv::flip(picture, upright, 1);
      return upright;
    case 3:
      cv::rotate(picture, upright, cv::ROTATE_180);
      return upright;
    case 4:
      cv::flip(picture, upright, 0);
      return upright;
    case 5:
      cv::transpose(picture, upright);
      return upright;
    case 6:
      cv::rotate(picture, upright, cv::ROTATE_90_CLOCKWISE);
      return upright;
    case 7: {
      cv::Mat turned;
      cv::transpose(picture, turned);
      cv::rotate(turned, upright, cv::ROTATE_180);
      return upright;
    }
    case 8:
      cv::rotate(picture, upright, cv::ROTATE_90_COUNTERCLOCKWISE);
      return upright;
    default:
      return picture;
  }
}

absl::StatusOr<cv::Mat> DecodeJpeg(std::string_view bytes) {
  const std::unique_ptr<void, int (*)(tjhandle)> decoder(tjInitDecompress(), &tjDestroy);
  if (decoder == nullptr) {
    return absl::ResourceExhaustedError("no JPEG decoder");
  }
  int width = 0;
  int height = 0;
  int subsampling = 0;
  int colour_space = 0;
  const auto size = static_cast<unsigned long>(bytes.size());
  if (tjDecompressHeader3(decoder.get(), Bytes(bytes), size, &width, &height, &subsampling,
                          &colour_space) != 0) {
    return absl::InvalidArgumentError(absl::StrCat("JPEG: ", tjGetErrorStr2(decoder.get())));
  }
  if (absl::Status status = CheckSize(width, height); !status.ok()) {
    return status;
  }
  cv::Mat picture(height, width, CV_8UC3);
  if (tjDecompress2(decoder.get(), Bytes(bytes), size, picture.data, width,
                    static_cast<int>(picture.step), height, TJPF_RGB, TJFLAG_ACCURATEDCT) != 0 &&
      tjGetErrorCode(decoder.get()) == TJERR_FATAL) {
    return absl::InvalidArgumentError(absl::StrCat("JPEG: ", tjGetErrorStr2(decoder.get())));
  }
  return TurnUpright(picture, ExifOrientation(bytes));
}

absl::StatusOr<cv::Mat> DecodePng(std::string_view bytes, bool grey) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  if (png_image_begin_read_from_memory(&image, bytes.data(), bytes.size()) == 0) {
    return absl::InvalidArgumentError(absl::StrCat("PNG: ", image.message));
  }
  const std::unique_ptr<png_image, void (*)(png_imagep)> cleaner(&image, &png_image_free);
  if (absl::Status status = CheckSize(image.width, image.height); !status.ok()) {
    return status;
  }
  image.format = grey ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  cv::Mat picture(static_cast<int>(image.height), static_cast<int>(image.width),
                  grey ? CV_8UC1 : CV_8UC3);
  const png_color white{255, 255, 255};
  if (png_image_finish_read(&image, &white, picture.data, static_cast<png_int_32>(picture.step),
                            nullptr) == 0) {
    return absl::InvalidArgumentError(absl::StrCat("PNG: ", image.message));
  }
  return picture;
}

absl::StatusOr<cv::Mat> DecodeWebp(std::string_view bytes) {
  int width = 0;
  int height = 0;
  if (WebPGetInfo(Bytes(bytes), bytes.size(), &width, &height) == 0) {
    return absl::InvalidArgumentError("WebP: bad header");
  }
  if (absl::Status status = CheckSize(width, height); !status.ok()) {
    return status;
  }
  cv::Mat picture(height, width, CV_8UC3);
  if (WebPDecodeRGBInto(Bytes(bytes), bytes.size(), picture.data, picture.total() * 3,
                        static_cast<int>(picture.step)) == nullptr) {
    return absl::InvalidArgumentError("WebP: broken picture");
  }
  return picture;
}

absl::StatusOr<cv::Mat> Decode(std::string_view bytes, bool grey_png) {
  try {
    if (bytes.starts_with("\x89PNG")) {
      return DecodePng(bytes, grey_png);
    }
    if (grey_png) {
      return absl::InvalidArgumentError("not a PNG");
    }
    if (bytes.starts_with("\xFF\xD8")) {
      return DecodeJpeg(bytes);
    }
    if (bytes.starts_with("RIFF") && bytes.substr(8, 4) == "WEBP") {
      return DecodeWebp(bytes);
    }
  } catch (const cv::Exception& error) {
    return absl::InvalidArgumentError(absl::StrCat("picture: ", error.err));
  }
  return absl::InvalidArgumentError("not a JPEG, PNG or WebP");
}

}  // namespace

absl::StatusOr<cv::Mat> DecodePicture(std::string_view bytes) { return Decode(bytes, false); }

absl::StatusOr<cv::Mat> DecodeGreyPng(std::string_view bytes) { return Decode(bytes, true); }

absl::Status WritePng(const cv::Mat& picture, const std::string& path) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(picture.cols);
  image.height = static_cast<png_uint_32>(picture.rows);
  image.format = PNG_FORMAT_RGB;
  image.flags = PNG_IMAGE_FLAG_FAST;
  if (picture.type() != CV_8UC3 ||
      png_image_write_to_file(&image, path.c_str(), 0, picture.data,
                              static_cast<png_int_32>(picture.step), nullptr) == 0) {
    return absl::UnavailableError(absl::StrCat("cannot write ", path, ": ", image.message));
  }
  return absl::OkStatus();
}

}  // namespace omserve::client

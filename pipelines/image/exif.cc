// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/image/exif.h"

#include <cstdint>
#include <cstring>
#include <utility>

namespace omserve {
namespace {

uint32_t Byte(std::string_view bytes, size_t at) {
  return at < bytes.size() ? static_cast<uint8_t>(bytes[at]) : 0U;
}
uint32_t Big16(std::string_view b, size_t at) { return Byte(b, at) << 8 | Byte(b, at + 1); }
uint32_t Big32(std::string_view b, size_t at) { return Big16(b, at) << 16 | Big16(b, at + 2); }

// The orientation tag of the first directory of a TIFF block.
int OfTiff(std::string_view tiff) {
  const bool little = tiff.substr(0, 2) == "II";
  if (!little && tiff.substr(0, 2) != "MM") return 1;
  const auto read16 = [&](size_t at) {
    return little ? Byte(tiff, at) | Byte(tiff, at + 1) << 8 : Big16(tiff, at);
  };
  const auto read32 = [&](size_t at) {
    return little ? read16(at) | read16(at + 2) << 16 : Big32(tiff, at);
  };
  if (read16(2) != 42) return 1;
  const size_t directory = read32(4);
  const size_t entries = read16(directory);
  for (size_t i = 0; i < entries; ++i) {
    const size_t entry = directory + 2 + i * 12;
    if (entry + 12 > tiff.size()) return 1;
    if (read16(entry) != 0x0112) continue;
    const uint32_t value = read16(entry + 8);
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

int OfJpeg(std::string_view bytes) {
  constexpr std::string_view kExif("Exif\0\0", 6);
  size_t at = 2;
  while (at + 4 <= bytes.size() && Byte(bytes, at) == 0xff) {
    const uint32_t marker = Byte(bytes, at + 1);
    if (marker == 0xff) {  // fill
      ++at;
      continue;
    }
    if (marker == 0xda || marker == 0xd9) return 1;  // the picture itself begins
    const size_t length = Big16(bytes, at + 2);
    if (length < 2) return 1;
    const std::string_view segment = bytes.substr(at + 4, length - 2);
    if (marker == 0xe1 && segment.substr(0, kExif.size()) == kExif) {
      return OfTiff(segment.substr(kExif.size()));
    }
    at += 2 + length;
  }
  return 1;
}

int OfPng(std::string_view bytes) {
  size_t at = 8;
  while (at + 12 <= bytes.size()) {
    const size_t length = Big32(bytes, at);
    const std::string_view type = bytes.substr(at + 4, 4);
    if (type == "IEND" || length > bytes.size() - at - 12) return 1;
    if (type == "eXIf") return OfTiff(bytes.substr(at + 8, length));
    at += 12 + length;
  }
  return 1;
}

}  // namespace

int ExifOrientation(std::string_view encoded) {
  if (encoded.substr(0, 2) == "\xff\xd8") return OfJpeg(encoded);
  if (encoded.substr(0, 4) == "\x89PNG") return OfPng(encoded);
  return 1;
}

Picture Upright(Picture picture, int orientation) {
  if (orientation <= 1 || orientation > 8) return picture;
  const int w = picture.width();
  const int h = picture.height();
  const bool swapped = orientation >= 5;
  const bool from_right =
      orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool from_bottom =
      orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  Picture out = Picture::Allocate(swapped ? h : w, swapped ? w : h, picture.order());
  for (int y = 0; y < out.height(); ++y) {
    uint8_t* to = out.mutable_row(y);
    for (int x = 0; x < out.width(); ++x, to += 3) {
      const int across = swapped ? y : x;  // along the source's rows
      const int down = swapped ? x : y;
      const int sx = from_right ? w - 1 - across : across;
      const int sy = from_bottom ? h - 1 - down : down;
      std::memcpy(to, picture.row(sy) + static_cast<size_t>(sx) * 3, 3);
    }
  }
  return out;
}

}  // namespace omserve

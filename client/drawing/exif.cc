// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/drawing/exif.h"

#include <cstddef>
#include <cstdint>

namespace omserve::client {
namespace {

uint32_t Byte(std::string_view bytes, size_t at) {
  return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0;
}

// 2 or 4 bytes in the order of the TIFF header.
uint32_t Number(std::string_view bytes, size_t at, int length, bool little) {
  uint32_t value = 0;
  for (int i = 0; i < length; ++i) {
    const int from = little ? length - 1 - i : i;
    value = value << 8 | Byte(bytes, at + static_cast<size_t>(from));
  }
  return value;
}

int OrientationInTiff(std::string_view tiff) {
  const bool little = tiff.substr(0, 2) == "II";
  if (!little && tiff.substr(0, 2) != "MM") {
    return 1;
  }
  const size_t directory = Number(tiff, 4, 4, little);
  if (directory >= tiff.size()) {
    return 1;
  }
  const uint32_t entries = Number(tiff, directory, 2, little);
  for (uint32_t i = 0; i < entries; ++i) {
    const size_t entry = directory + 2 + size_t{i} * 12;
    if (entry + 12 > tiff.size()) {
      return 1;
    }
    if (Number(tiff, entry, 2, little) == 0x0112) {
      const uint32_t value = Number(tiff, entry + 8, 2, little);
      return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
    }
  }
  return 1;
}

}  // namespace

int ExifOrientation(std::string_view jpeg) {
  size_t at = 2;  // after the start of the image
  while (at + 4 <= jpeg.size() && Byte(jpeg, at) == 0xFF) {
    const uint32_t marker = Byte(jpeg, at + 1);
    if (marker == 0xFF) {  // a fill byte
      ++at;
      continue;
    }
    if (marker == 0xDA || marker == 0xD9) {  // pixels begin, or the end
      return 1;
    }
    const size_t length = Number(jpeg, at + 2, 2, false);
    if (length < 2) {
      return 1;
    }
    const std::string_view segment = jpeg.substr(at + 4, length - 2);
    if (marker == 0xE1 && segment.substr(0, 6) == std::string_view("Exif\0\0", 6)) {
      return OrientationInTiff(segment.substr(6));
    }
    at += 2 + length;
  }
  return 1;
}

}  // namespace omserve::client

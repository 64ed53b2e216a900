// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace omserve {

// A picture as it came over the wire. The bytes belong to the caller and must outlive the use.
struct ImageInput {
  enum class Format : uint8_t { kEncoded, kRawRgb, kRawBgr };
  Format format = Format::kEncoded;
  std::string_view bytes;  // JPEG, PNG or WebP by their magic; or width * height * 3 raw bytes
  int width = 0;           // raw only, pixels
  int height = 0;          // raw only, pixels
};

// What a decoder may spend on one picture.
struct ImageLimits {
  int64_t max_pixels = 64LL << 20;  // checked from the header before anything is decoded
  int max_side = 16384;             // pixels
};

}  // namespace omserve

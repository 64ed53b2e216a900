// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <png.h>
#include <turbojpeg.h>

#include <cstdint>
#include <string>
#include <vector>

namespace omserve {

// Encoded pictures made on the spot. A left half of one grey or colour, a right half of another.
std::string MakeJpeg(const std::vector<uint8_t>& pixels, int width, int height, int pixel_format,
                     int subsampling);
// 'format' is one of libpng's PNG_FORMAT_*; 'pixels' has one row after the other in it.
std::string MakePng(const void* pixels, int width, int height, uint32_t format,
                    const void* colors = nullptr, int color_count = 0);
// A JPEG with an EXIF block of this orientation put in front, little or big endian.
std::string WithExif(const std::string& jpeg, int orientation, bool little);
// width x height x 3 bytes that differ from pixel to pixel.
std::vector<uint8_t> Patterned(int width, int height);

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/pipelines/image/sample_pictures.h"

namespace omserve {

std::string MakeJpeg(const std::vector<uint8_t>& pixels, int width, int height, int pixel_format,
                     int subsampling) {
  tjhandle encoder = tjInitCompress();
  unsigned char* out = nullptr;
  unsigned long size = 0;  // turbojpeg's own type
  std::string jpeg;
  if (tjCompress2(encoder, pixels.data(), width, 0, height, pixel_format, &out, &size, subsampling,
                  100, TJFLAG_ACCURATEDCT) == 0) {
    jpeg.assign(reinterpret_cast<char*>(out), size);
  }
  tjFree(out);
  tjDestroy(encoder);
  return jpeg;
}

std::string MakePng(const void* pixels, int width, int height, uint32_t format, const void* colors,
                    int color_count) {
  png_image image = {};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(width);
  image.height = static_cast<png_uint_32>(height);
  image.format = format;
  image.colormap_entries = static_cast<png_uint_32>(color_count);
  std::string out(65536, '\0');
  png_alloc_size_t size = out.size();
  if (png_image_write_to_memory(&image, out.data(), &size, 0, pixels, 0, colors) == 0) return "";
  out.resize(size);
  return out;
}

std::string WithExif(const std::string& jpeg, int orientation, bool little) {
  const auto put16 = [little](int value) {
    const char low = static_cast<char>(value & 0xff);
    const char high = static_cast<char>(value >> 8);
    return little ? std::string{low, high} : std::string{high, low};
  };
  const auto put32 = [&](int value) {
    return little ? put16(value) + put16(0) : put16(0) + put16(value);
  };
  const std::string tiff = (little ? "II" : "MM") + put16(42) + put32(8) + put16(1) +
                           put16(0x0112) + put16(3) + put32(1) + put16(orientation) + put16(0) +
                           put32(0);
  const std::string body = std::string("Exif\0\0", 6) + tiff;
  const size_t length = body.size() + 2;
  return jpeg.substr(0, 2) + "\xff\xe1" + static_cast<char>(length >> 8) +
         static_cast<char>(length & 0xff) + body + jpeg.substr(2);
}

std::vector<uint8_t> Patterned(int width, int height) {
  std::vector<uint8_t> pixels;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < 3; ++c) {
        pixels.push_back(static_cast<uint8_t>(x * 37 + y * 91 + c * 53 + x * y * 7));
      }
    }
  }
  return pixels;
}

}  // namespace omserve

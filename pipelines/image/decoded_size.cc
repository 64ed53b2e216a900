// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/image/decoded_size.h"

#include <webp/decode.h>

#include <string_view>

#include "pipelines/base/status_macros.h"
#include "pipelines/image/codec.h"

namespace omserve {
namespace {

constexpr int kMaxSegments = 4096;  // of a JPEG; one that has more is the decoder's matter

struct Size {
  int64_t width = 0;  // 0: unknown
  int64_t height = 0;
};

// Big-endian; 0 behind the end.
int64_t Number(std::string_view bytes, size_t at, size_t count) {
  if (at + count > bytes.size()) return 0;
  int64_t value = 0;
  for (size_t i = at; i < at + count; ++i) {
    value = value << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return value;
}

// The IHDR chunk comes first: ISO/IEC 15948, 11.2.2.
Size PngSize(std::string_view bytes) {
  if (bytes.size() < 24 || bytes.substr(12, 4) != "IHDR") return {};
  return {Number(bytes, 16, 4), Number(bytes, 20, 4)};
}

// The first frame header, SOF0 to SOF15 but for DHT, JPG and DAC: ITU-T T.81, table B.1.
Size JpegSize(std::string_view bytes) {
  size_t at = 2;
  for (int i = 0; i < kMaxSegments && at + 9 <= bytes.size(); ++i) {
    if (bytes[at] != '\xff') return {};
    const auto marker = static_cast<unsigned char>(bytes[at + 1]);
    if (marker == 0xff) {  // a fill byte
      ++at;
      continue;
    }
    const bool frame =
        marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
    if (frame) return {Number(bytes, at + 7, 2), Number(bytes, at + 5, 2)};
    const bool alone = marker == 0x01 || (marker >= 0xd0 && marker <= 0xd8);
    if (marker == 0xd9 || marker == 0xda) return {};  // the end, or pixels without a frame
    at += 2 + (alone ? 0 : static_cast<size_t>(Number(bytes, at + 2, 2)));
  }
  return {};
}

Size WebpSize(std::string_view bytes) {
  int width = 0;
  int height = 0;
  const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
  if (WebPGetInfo(data, bytes.size(), &width, &height) == 0) return {};
  return {width, height};
}

Size HeaderSize(std::string_view bytes) {
  if (bytes.substr(0, 3) == "\xff\xd8\xff") return JpegSize(bytes);
  if (bytes.substr(0, 8) == "\x89PNG\r\n\x1a\n") return PngSize(bytes);
  if (bytes.substr(0, 4) == "RIFF") return WebpSize(bytes);
  return {};
}

}  // namespace

absl::StatusOr<int64_t> DecodedSize(const ImageInput& input, const ImageLimits& limits) {
  if (input.format != ImageInput::Format::kEncoded) return 0;
  const Size size = HeaderSize(input.bytes);
  // A damaged header is the decoder's to tell.
  if (size.width < 1 || size.height < 1) return 0;
  OMSERVE_RETURN_IF_ERROR(CheckImageSize(size.width, size.height, limits));
  return size.width * size.height * 3;
}

}  // namespace omserve

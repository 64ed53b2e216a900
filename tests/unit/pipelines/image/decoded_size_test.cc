// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/image/decoded_size.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <webp/encode.h>

#include "pipelines/image/decode.h"
#include "tests/unit/pipelines/image/sample_pictures.h"

namespace omserve {
namespace {

using ::testing::HasSubstr;

absl::StatusOr<int64_t> SizeOf(const std::string& bytes) {
  ImageInput input;
  input.bytes = bytes;
  return DecodedSize(input, ImageLimits());
}

void ExpectSize(const std::string& bytes, int64_t size) {
  const auto got = SizeOf(bytes);
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ(*got, size);
}

std::string MakeWebp(int width, int height) {
  const auto pixels = Patterned(width, height);
  uint8_t* out = nullptr;
  const size_t size = WebPEncodeRGB(pixels.data(), width, height, width * 3, 80, &out);
  std::string webp(reinterpret_cast<const char*>(out), size);
  WebPFree(out);
  return webp;
}

TEST(DecodedSizeTest, AgreesWithTheDecoder) {
  const auto pixels = Patterned(41, 23);
  const std::string jpeg = MakeJpeg(pixels, 41, 23, TJPF_RGB, TJSAMP_420);
  for (const std::string& bytes :
       {jpeg, WithExif(jpeg, 6, true), MakePng(pixels.data(), 41, 23, PNG_FORMAT_RGB),
        MakeWebp(41, 23)}) {
    ExpectSize(bytes, int64_t{41} * 23 * 3);
    ImageInput input;
    input.bytes = bytes;
    EXPECT_TRUE(Decode(input, ImageLimits(), Orientation::kHonourExif).ok());
  }
}

TEST(DecodedSizeTest, RawPixelsNeedNothingMore) {
  ImageInput input;
  input.format = ImageInput::Format::kRawRgb;
  input.width = input.height = 100;
  const auto size = DecodedSize(input, ImageLimits());
  ASSERT_TRUE(size.ok());
  EXPECT_EQ(*size, 0);
}

TEST(DecodedSizeTest, LeavesWhatItCannotReadToTheDecoder) {
  for (const std::string& bytes :
       {std::string(), std::string("GIF89a.........."), std::string("\xff\xd8\xff"),
        std::string("\x89PNG\r\n\x1a\n"), std::string("RIFF\x10\0\0\0WEBPVP8 ", 16),
        "\xff\xd8" + std::string(100000, '\xff'),
        std::string("\xff\xd8\xff\xe0\0\0\0\0\0\0\0\0", 12)}) {
    ExpectSize(bytes, 0);
  }
}

TEST(DecodedSizeTest, EveryTruncationIsHarmless) {
  const auto pixels = Patterned(20, 10);
  for (const std::string& whole :
       {MakeJpeg(pixels, 20, 10, TJPF_RGB, TJSAMP_444),
        MakePng(pixels.data(), 20, 10, PNG_FORMAT_RGB), MakeWebp(20, 10)}) {
    for (size_t size = 0; size < whole.size(); ++size) {
      const auto got = SizeOf(whole.substr(0, size));
      ASSERT_TRUE(got.ok());
      EXPECT_TRUE(*got == 0 || *got == 600) << *got;
    }
  }
}

TEST(DecodedSizeTest, RefusesHugeSizes) {
  const uint8_t pixel[3] = {1, 2, 3};
  std::string png = MakePng(pixel, 1, 1, PNG_FORMAT_RGB);
  png.replace(16, 8, std::string("\0\0\x75\x30\0\0\x75\x30", 8));
  const auto size = SizeOf(png);
  EXPECT_EQ(size.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(size.status().message()), HasSubstr("30000 x 30000 is too large"));
}

}  // namespace
}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/image/decode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/pipelines/image/sample_pictures.h"

namespace omserve {
namespace {

using ::testing::HasSubstr;

absl::StatusOr<Picture> Read(const std::string& bytes,
                             Orientation orientation = Orientation::kHonourExif) {
  ImageInput input;
  input.bytes = bytes;
  return Decode(input, ImageLimits(), orientation);
}

void ExpectRefused(const std::string& bytes, const std::string& text) {
  const auto picture = Read(bytes);
  EXPECT_EQ(picture.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(picture.status().message()), HasSubstr(text));
}

void ExpectPixel(const Picture& picture, int x, int y, int r, int g, int b, int tolerance = 0) {
  const uint8_t* at = picture.row(y) + 3 * x;
  EXPECT_NEAR(at[0], r, tolerance);
  EXPECT_NEAR(at[1], g, tolerance);
  EXPECT_NEAR(at[2], b, tolerance);
}

std::string SmoothJpeg() {
  return MakeJpeg(std::vector<uint8_t>(32 * 32 * 3, 90), 32, 32, TJPF_RGB, TJSAMP_420);
}

TEST(DecodeTest, RefusesWhatIsNoPicture) {
  ExpectRefused("", "there are no bytes");
  ExpectRefused("GIF89a..........", "not a JPEG, PNG or WebP");
  ExpectRefused("RIFF", "not a JPEG, PNG or WebP");
  ExpectRefused("\xff\xd8\xff", "JPEG");
  ExpectRefused("\x89PNG\r\n\x1a\n", "PNG");
  ExpectRefused(std::string("RIFF\x10\0\0\0WEBPVP8 ", 16), "WebP");
}

TEST(DecodeTest, RefusesEveryTruncationOfJpeg) {
  const std::string jpeg = MakeJpeg(Patterned(40, 30), 40, 30, TJPF_RGB, TJSAMP_420);
  for (size_t size = 1; size + 2 < jpeg.size(); size += 7) {
    EXPECT_EQ(Read(jpeg.substr(0, size)).status().code(), absl::StatusCode::kInvalidArgument)
        << size;
  }
}

TEST(DecodeTest, RefusesEveryTruncationOfPng) {
  const auto pixels = Patterned(20, 10);
  const std::string png = MakePng(pixels.data(), 20, 10, PNG_FORMAT_RGB);
  for (size_t size = 1; size < png.size(); size += 5) {
    EXPECT_EQ(Read(png.substr(0, size)).status().code(), absl::StatusCode::kInvalidArgument)
        << size;
  }
}

TEST(DecodeTest, RefusesCorruptPng) {
  const auto pixels = Patterned(20, 10);
  std::string png = MakePng(pixels.data(), 20, 10, PNG_FORMAT_RGB);
  png[png.size() / 2] = static_cast<char>(png[png.size() / 2] ^ 0x55);
  ExpectRefused(png, "cut off or damaged");
}

TEST(DecodeTest, RefusesHugeSizeFromTheHeaderAlone) {
  std::string jpeg = SmoothJpeg();
  const size_t frame = jpeg.find("\xff\xc0");
  ASSERT_NE(frame, std::string::npos);
  jpeg.replace(frame + 5, 4, std::string("\x75\x30\x75\x30", 4));  // 30000 x 30000
  ExpectRefused(jpeg, "30000 x 30000 is too large");
  const uint8_t pixel[3] = {1, 2, 3};
  std::string png = MakePng(pixel, 1, 1, PNG_FORMAT_RGB);
  png.replace(16, 8, std::string("\0\0\x75\x30\0\0\x75\x30", 8));
  ExpectRefused(png, "30000 x 30000 is too large");
}

TEST(DecodeTest, ReadsOnePixel) {
  const auto picture = Read(MakeJpeg({200, 10, 60}, 1, 1, TJPF_RGB, TJSAMP_444));
  ASSERT_TRUE(picture.ok()) << picture.status();
  ExpectPixel(*picture, 0, 0, 200, 10, 60, 2);
}

TEST(DecodeTest, SpreadsGreyJpeg) {
  const auto picture = Read(MakeJpeg(std::vector<uint8_t>(64, 77), 8, 8, TJPF_GRAY, TJSAMP_GRAY));
  ASSERT_TRUE(picture.ok()) << picture.status();
  ExpectPixel(*picture, 3, 3, 77, 77, 77, 1);
}

TEST(DecodeTest, ReadsCmykJpegAsOpenCvDoes) {
  std::vector<uint8_t> cmyk;
  for (int i = 0; i < 256; ++i) cmyk.insert(cmyk.end(), {215, 175, 135, 225});
  const auto picture = Read(MakeJpeg(cmyk, 16, 16, TJPF_CMYK, TJSAMP_444));
  ASSERT_TRUE(picture.ok()) << picture.status();
  ExpectPixel(*picture, 5, 5, 190, 155, 120, 2);
}

TEST(DecodeTest, ReadsUnusualSubsampling) {
  for (const int sampling : {TJSAMP_444, TJSAMP_422, TJSAMP_440, TJSAMP_411}) {
    const auto picture =
        Read(MakeJpeg(std::vector<uint8_t>(32 * 32 * 3, 90), 32, 32, TJPF_RGB, sampling));
    ASSERT_TRUE(picture.ok()) << picture.status();
    ExpectPixel(*picture, 9, 9, 90, 90, 90, 1);
  }
}

TEST(DecodeTest, ReadsEveryKindOfPng) {
  const uint8_t grey[2] = {10, 200};
  auto picture = Read(MakePng(grey, 2, 1, PNG_FORMAT_GRAY));
  ASSERT_TRUE(picture.ok()) << picture.status();
  ExpectPixel(*picture, 1, 0, 200, 200, 200);

  const uint8_t alpha[8] = {1, 2, 3, 0, 4, 5, 6, 128};  // the colour stays, whatever the alpha
  picture = Read(MakePng(alpha, 2, 1, PNG_FORMAT_RGBA));
  ASSERT_TRUE(picture.ok()) << picture.status();
  ExpectPixel(*picture, 0, 0, 1, 2, 3);
  ExpectPixel(*picture, 1, 0, 4, 5, 6);

  const uint8_t colors[9] = {9, 8, 7, 50, 60, 70, 255, 0, 1};
  const uint8_t indices[3] = {2, 0, 1};
  picture = Read(MakePng(indices, 3, 1, PNG_FORMAT_RGB_COLORMAP, colors, 3));
  ASSERT_TRUE(picture.ok()) << picture.status();
  ExpectPixel(*picture, 0, 0, 255, 0, 1);
  ExpectPixel(*picture, 2, 0, 50, 60, 70);

  const uint16_t deep[3] = {0xffff, 0x8000, 0};
  const std::string png = MakePng(deep, 1, 1, PNG_FORMAT_LINEAR_RGB);
  ASSERT_EQ(png[24], 16);  // bits a sample
  picture = Read(png);
  ASSERT_TRUE(picture.ok()) << picture.status();
  ExpectPixel(*picture, 0, 0, 255, 128, 0, 1);
}

TEST(DecodeTest, ReadsWebpAndDropsItsAlpha) {
  const std::string webp("RIFF\x24\x00\x00\x00WEBPVP8L\x17\x00\x00\x00\x2f\x02\x40\x00\x10", 25);
  const std::string whole(
      "\x52\x49\x46\x46\x1e\x00\x00\x00\x57\x45\x42\x50\x56\x50\x38\x4c\x11\x00\x00\x00\x2f\x02\x40"
      "\x00\x10\x07\x50\xa8\xa2\x14\xaf\x1e\x81\x88\xe8\x7f\x00\x00",
      38);
  ExpectRefused(webp, "WebP");
  const auto picture = Read(whole);
  ASSERT_TRUE(picture.ok()) << picture.status();
  EXPECT_EQ(picture->width(), 3);
  ExpectPixel(*picture, 2, 1, 40, 80, 120);
}

TEST(DecodeTest, RotatesByExifOnlyWhenAsked) {
  std::vector<uint8_t> pixels(32 * 16 * 3, 20);
  const std::string jpeg = WithExif(MakeJpeg(pixels, 32, 16, TJPF_RGB, TJSAMP_444), 6, true);
  const auto upright = Read(jpeg, Orientation::kHonourExif);
  const auto stored = Read(jpeg, Orientation::kIgnoreExif);
  ASSERT_TRUE(upright.ok() && stored.ok());
  EXPECT_EQ(upright->width(), 16);
  EXPECT_EQ(stored->width(), 32);
}

TEST(DecodeTest, BorrowsRawPixelsAndChecksTheirSize) {
  const std::string bytes("\x01\x02\x03\x04\x05\x06", 6);
  ImageInput input{ImageInput::Format::kRawBgr, bytes, 2, 1};
  const auto picture = Decode(input, ImageLimits(), Orientation::kHonourExif);
  ASSERT_TRUE(picture.ok());
  EXPECT_EQ(picture->order(), ChannelOrder::kBgr);
  EXPECT_EQ(static_cast<const void*>(picture->pixels()), bytes.data());
  for (const auto& [width, height] : {std::pair(3, 1), {0, 0}, {-2, -1}, {1 << 20, 1 << 20}}) {
    input.width = width;
    input.height = height;
    EXPECT_EQ(Decode(input, ImageLimits(), Orientation::kHonourExif).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace omserve

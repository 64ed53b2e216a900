// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/drawing/text_font.h"

#include <ft2build.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include FT_FREETYPE_H

namespace omserve::client {
namespace {

constexpr int kLeastSize = 6;    // pixels
constexpr int kMostSize = 200;   // pixels
constexpr int kDescentPart = 5;  // of the height, one part is below the base line
constexpr FT_ULong kReplacement = 0xFFFD;

// Takes one character off the front of 'text', which is not empty.
FT_ULong NextCodePoint(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text.front());
  size_t length = 1;
  FT_ULong point = first;
  if (first >= 0xF0U) {
    length = 4;
    point = first & 0x07U;
  } else if (first >= 0xE0U) {
    length = 3;
    point = first & 0x0FU;
  } else if (first >= 0xC0U) {
    length = 2;
    point = first & 0x1FU;
  } else if (first >= 0x80U) {
    point = kReplacement;
  }
  for (size_t i = 1; i < length; ++i) {
    if (i >= text.size() || (static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U) {
      text.remove_prefix(i);
      return kReplacement;
    }
    point = (point << 6U) | (static_cast<unsigned char>(text[i]) & 0x3FU);
  }
  text.remove_prefix(length);
  return point;
}

// Mixes the glyph's colour into the sheet, as far as it covers each pixel.
void Paint(const FT_Bitmap& glyph, int left, int top, const cv::Scalar& colour, cv::Mat& sheet) {
  if (glyph.pixel_mode != FT_PIXEL_MODE_GRAY) return;
  for (int y = 0; y < static_cast<int>(glyph.rows); ++y) {
    for (int x = 0; x < static_cast<int>(glyph.width); ++x) {
      if (left + x < 0 || top + y < 0 || left + x >= sheet.cols || top + y >= sheet.rows) continue;
      const double cover = glyph.buffer[static_cast<ptrdiff_t>(y) * glyph.pitch + x] / 255.0;
      cv::Vec3b& pixel = sheet.at<cv::Vec3b>(top + y, left + x);
      for (int c = 0; c < 3; ++c) {
        pixel[c] = cv::saturate_cast<uint8_t>(pixel[c] + cover * (colour[c] - pixel[c]));
      }
    }
  }
}

}  // namespace

struct TextFont::Face {
  FT_Library library = nullptr;
  FT_Face face = nullptr;

  Face() = default;
  Face(const Face&) = delete;
  Face& operator=(const Face&) = delete;
  ~Face() {
    if (face != nullptr) FT_Done_Face(face);
    if (library != nullptr) FT_Done_FreeType(library);
  }

  // Pixels of the text at the current size; paints it when there is a sheet.
  int Run(std::string_view text, int left, int base, const cv::Scalar& colour,
          cv::Mat* sheet) const {
    FT_Pos at = 0;  // 64ths of a pixel
    while (!text.empty()) {
      const FT_ULong point = NextCodePoint(text);
      if (FT_Load_Char(face, point, sheet == nullptr ? FT_LOAD_DEFAULT : FT_LOAD_RENDER) != 0) {
        continue;
      }
      const FT_GlyphSlot glyph = face->glyph;
      if (sheet != nullptr) {
        Paint(glyph->bitmap, left + static_cast<int>(at / 64) + glyph->bitmap_left,
              base - glyph->bitmap_top, colour, *sheet);
      }
      at += glyph->advance.x;
    }
    return static_cast<int>(at / 64);
  }
};

TextFont::TextFont(std::unique_ptr<Face> face) : face_(std::move(face)) {}
TextFont::TextFont(TextFont&& other) noexcept = default;
TextFont& TextFont::operator=(TextFont&& other) noexcept = default;
TextFont::~TextFont() = default;

const std::vector<std::string>& TextFont::UsualFiles() {
  static const auto& files =
      *new std::vector<std::string>{"/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
                                    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
                                    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
                                    "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf"};
  return files;
}

std::optional<TextFont> TextFont::Open(const std::vector<std::string>& files) {
  auto face = std::make_unique<Face>();
  if (FT_Init_FreeType(&face->library) != 0) return std::nullopt;
  for (const std::string& file : files) {
    if (FT_New_Face(face->library, file.c_str(), 0, &face->face) != 0) continue;
    if (FT_Set_Pixel_Sizes(face->face, 0, kLeastSize) == 0) return TextFont(std::move(face));
    FT_Done_Face(std::exchange(face->face, nullptr));
  }
  return std::nullopt;
}

void TextFont::Write(std::string_view text, const cv::Rect& box, const cv::Scalar& colour,
                     cv::Mat& sheet) const {
  int size = std::clamp(box.height, kLeastSize, kMostSize);
  if (FT_Set_Pixel_Sizes(face_->face, 0, static_cast<FT_UInt>(size)) != 0) return;
  const int width = face_->Run(text, 0, 0, colour, nullptr);
  if (width > box.width) {
    size = std::max(kLeastSize, size * std::max(box.width, 1) / width);
    if (FT_Set_Pixel_Sizes(face_->face, 0, static_cast<FT_UInt>(size)) != 0) return;
  }
  const int base = box.y + box.height - size / kDescentPart;
  face_->Run(text, box.x, base, colour, &sheet);
}

}  // namespace omserve::client

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <opencv2/core.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace omserve::client {

// A font file that has Chinese characters, through FreeType. Move-only, single-thread; nothing
// throws but cv::Exception.
class TextFont {
 public:
  // Where Debian's packages fonts-noto-cjk, fonts-wqy-microhei, fonts-wqy-zenhei and
  // fonts-droid-fallback put theirs, the best first.
  static const std::vector<std::string>& UsualFiles();
  // The first of 'files' that is a font; nothing when none is.
  static std::optional<TextFont> Open(const std::vector<std::string>& files);

  TextFont(TextFont&& other) noexcept;
  TextFont& operator=(TextFont&& other) noexcept;
  ~TextFont();

  // Writes UTF-8 into the box, as large as it allows, at least 6 pixels; what is beyond 'sheet'
  // (CV_8UC3) is left out. A bad byte, or a character that the font lacks, shows as the font's mark
  // for it.
  void Write(std::string_view text, const cv::Rect& box, const cv::Scalar& colour,
             cv::Mat& sheet) const;

 private:
  struct Face;
  explicit TextFont(std::unique_ptr<Face> face);

  std::unique_ptr<Face> face_;
};

}  // namespace omserve::client

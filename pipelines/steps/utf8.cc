// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/steps/utf8.h"

#include <cstddef>

namespace omserve {
namespace {

struct Decoded {
  char32_t point = 0;
  size_t length = 0;  // bytes; 0 when the bytes are not UTF-8
};

Decoded DecodeFirst(std::string_view bytes) {
  const auto at = [&](size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const unsigned char lead = at(0);
  if (lead < 0x80) return {lead, 1};
  const size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || bytes.size() < length) return {};
  char32_t point = lead & (0xFFU >> (length + 1));
  for (size_t i = 1; i < length; ++i) {
    if ((at(i) & 0xC0U) != 0x80) return {};
    point = (point << 6) | (at(i) & 0x3FU);
  }
  const bool overlong = (length == 3 && point < 0x800) || (length == 4 && point < 0x10000);
  if (overlong || (point >= 0xD800 && point <= 0xDFFF) || point > 0x10FFFF) return {};
  return {point, length};
}

}  // namespace

bool IsUtf8(std::string_view bytes) {
  while (!bytes.empty()) {
    const Decoded first = DecodeFirst(bytes);
    if (first.length == 0) return false;
    bytes.remove_prefix(first.length);
  }
  return true;
}

char32_t FirstCodePoint(std::string_view text) {
  return text.empty() ? 0 : DecodeFirst(text).point;
}

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>
#include <vector>

namespace hostacl {

// The parts between the separators; one more than there are separators.
inline std::vector<std::string> Split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  size_t begin = 0;
  while (begin <= text.size()) {
    const size_t end = std::min(text.find(separator, begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

// A whole number with blanks in front and behind at most.
inline bool ParseNumber(const std::string& text, int64_t* value) {
  const size_t begin = std::min(text.find_first_not_of(' '), text.size());
  const size_t last = text.find_last_not_of(' ');
  const char* end = text.data() + (last == std::string::npos ? text.size() : last + 1);
  const auto result = std::from_chars(text.data() + begin, end, *value);
  return result.ec == std::errc() && result.ptr == end;
}

}  // namespace hostacl

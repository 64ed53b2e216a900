// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/kserve/bytes_elements.h"

#include "absl/strings/str_cat.h"

namespace omserve::kserve {
namespace {

constexpr size_t kPrefix = 4;

uint32_t ReadLength(std::string_view prefix) {
  uint32_t length = 0;
  for (size_t i = 0; i < kPrefix; ++i) {
    length |= static_cast<uint32_t>(static_cast<unsigned char>(prefix[i])) << (8 * i);
  }
  return length;
}

}  // namespace

absl::StatusOr<std::vector<std::string_view>> ReadElements(std::string_view raw, int64_t count,
                                                           std::string_view field) {
  const auto bad = [&](const auto&... words) {
    return absl::InvalidArgumentError(absl::StrCat(std::string(field), ": ", words...));
  };
  // Before anything is made for them: every element has a prefix at least.
  if (count < 0 || static_cast<uint64_t>(count) > raw.size() / kPrefix) {
    return bad("the shape has ", count, " elements, but ", raw.size(),
               " bytes cannot hold that many; each is behind its length in 4 bytes");
  }
  std::vector<std::string_view> elements;
  elements.reserve(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) {
    if (raw.size() < kPrefix) return bad("element ", i, " is cut off before its length");
    const uint32_t length = ReadLength(raw);
    raw.remove_prefix(kPrefix);
    if (length > raw.size()) {
      return bad("element ", i, " says that it has ", length, " bytes, but ", raw.size(),
                 " are left");
    }
    elements.push_back(raw.substr(0, length));
    raw.remove_prefix(length);
  }
  if (!raw.empty()) return bad(raw.size(), " bytes are left behind the last element");
  return elements;
}

void AppendElement(std::string_view element, std::string& raw) {
  const auto length = static_cast<uint32_t>(element.size());
  for (size_t i = 0; i < kPrefix; ++i) raw += static_cast<char>((length >> (8 * i)) & 0xFF);
  raw += element;
}

}  // namespace omserve::kserve

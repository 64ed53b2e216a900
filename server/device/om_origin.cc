// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/device/om_origin.h"

#include <array>
#include <fstream>
#include <string_view>

namespace omserve {
namespace {

constexpr size_t kHeaderSize = 256;
constexpr std::string_view kMagic = "IMOD";
// The header's field for its user's mark; hostacl writes its name there, a card's compiler nothing.
constexpr size_t kMarkAt = 120;
constexpr std::string_view kMark = "hostacl om";

}  // namespace

bool MadeByHostacl(const std::string& path) {
  std::array<char, kHeaderSize> header;
  std::ifstream file(path, std::ios::binary);
  if (!file.read(header.data(), header.size())) return false;
  const std::string_view bytes(header.data(), header.size());
  return bytes.substr(0, kMagic.size()) == kMagic && bytes.substr(kMarkAt, kMark.size()) == kMark;
}

}  // namespace omserve

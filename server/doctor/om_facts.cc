// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/doctor/om_facts.h"

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "server/device/om_origin.h"

namespace omserve {
namespace {

// GE's ModelFileHeader (inc/framework/common/types.h), little endian.
constexpr size_t kHeaderSize = 256;
constexpr std::string_view kMagic = "IMOD";
constexpr size_t kLengthAt = 76;        // u32, bytes after the header
constexpr size_t kModelLengthAt = 184;  // u64, the same; zero in older files

constexpr size_t kBlock = 1 << 20;
constexpr size_t kLooked = 64 << 20;
constexpr size_t kLongestName = 64;
constexpr std::string_view kChip = "Ascend";

template <typename T>
T ReadAt(const std::array<char, kHeaderSize>& header, size_t at) {
  T value;
  std::memcpy(&value, header.data() + at, sizeof value);
  return value;
}

std::string FindChip(std::ifstream& file) {
  std::vector<char> block(kBlock + kLongestName);
  size_t kept = 0;
  for (size_t looked = 0; looked < kLooked; looked += kBlock) {
    file.read(block.data() + kept, kBlock);
    const size_t size = kept + static_cast<size_t>(file.gcount());
    const std::string_view name = ChipNameIn({block.data(), size});
    if (!name.empty()) return std::string(name);
    if (!file) break;
    kept = kLongestName;
    std::memmove(block.data(), block.data() + size - kept, kept);
  }
  return "";
}

}  // namespace

std::string_view ChipNameIn(std::string_view bytes) {
  for (size_t at = bytes.find(kChip); at != std::string_view::npos;
       at = bytes.find(kChip, at + 1)) {
    size_t end = at + kChip.size();
    if (end >= bytes.size() || !absl::ascii_isdigit(bytes[end])) continue;
    while (end < bytes.size() &&
           (absl::ascii_isalnum(bytes[end]) || bytes[end] == '_' || bytes[end] == '-')) {
      ++end;
    }
    if (end < bytes.size() && end - at <= kLongestName) return bytes.substr(at, end - at);
  }
  return {};
}

absl::StatusOr<OmFacts> ReadOmFacts(const std::string& path) {
  std::error_code error;
  const uint64_t bytes = std::filesystem::file_size(path, error);
  std::ifstream file(path, std::ios::binary);
  if (error || !file) return absl::NotFoundError(absl::StrCat("cannot be opened: ", path));
  std::array<char, kHeaderSize> header;
  if (!file.read(header.data(), header.size()) ||
      std::string_view(header.data(), kMagic.size()) != kMagic) {
    return absl::InvalidArgumentError(
        absl::StrCat("is no OM file (its first bytes are not IMOD): ", path));
  }
  uint64_t body = ReadAt<uint64_t>(header, kModelLengthAt);
  if (body == 0) body = ReadAt<uint32_t>(header, kLengthAt);
  if (body > bytes - kHeaderSize) {
    return absl::DataLossError(absl::StrCat("is cut off: ", bytes, " bytes of ", body + kHeaderSize,
                                            "; copy or compile it again: ", path));
  }
  OmFacts facts;
  facts.bytes = bytes;
  facts.of_hostacl = MadeByHostacl(path);
  facts.chip = FindChip(file);
  return facts;
}

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "om_container.h"

#include <algorithm>
#include <cstring>

#include "foreign_om.h"

namespace hostacl {
namespace {

constexpr uint32_t kMagic = 0x444F4D49;  // "IMOD"
constexpr uint32_t kVersion = 0x10000000;
constexpr size_t kMagicAt = 0;
constexpr size_t kHeaderSizeAt = 4;
constexpr size_t kVersionAt = 8;
constexpr size_t kChecksumAt = 12;
constexpr size_t kLengthAt = 76;
constexpr size_t kEncryptedAt = 80;
constexpr size_t kHasChecksumAt = 81;
constexpr size_t kModelTypeAt = 82;
constexpr size_t kNameAt = 84;
constexpr size_t kNameSize = 32;
constexpr size_t kModelNumberAt = 156;
constexpr size_t kModelLengthAt = 184;
constexpr size_t kDynamicAt = 193;
constexpr size_t kTableHead = 8;
constexpr size_t kEntrySize = 24;
constexpr size_t kEntryOffsetAt = 8;
constexpr size_t kEntrySizeAt = 16;

template <typename T>
void Put(std::string* bytes, size_t at, T value) {
  std::memcpy(bytes->data() + at, &value, sizeof value);
}

template <typename T>
T Take(std::string_view bytes, size_t at) {
  T value{};
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

OmProblem Damaged(const std::string& message) {
  return {ACL_ERROR_GE_EXEC_MODEL_DATA_SIZE_INVALID,
          "the .om file is damaged: " + message + "; compile or copy it again"};
}

std::string Number(uint64_t value) { return std::to_string(value); }

OmProblem ReadHeader(std::string_view bytes, OmContainer* container) {
  if (bytes.size() >= sizeof kMagic && Take<uint32_t>(bytes, kMagicAt) != kMagic) {
    return NotAnOm(bytes);
  }
  if (bytes.size() < kOmHeaderSize) {
    return Damaged("it is cut off after " + Number(bytes.size()) + " of the 256 bytes of header");
  }
  if (bytes.substr(kOmUserMarkAt, kOmUserMark.size()) != kOmUserMark) return ForeignOm(bytes);
  const uint32_t header_size = Take<uint32_t>(bytes, kHeaderSizeAt);
  if (header_size != kOmHeaderSize) {
    return Damaged("its header says that it has " + Number(header_size) +
                   " bytes (offset 4), not 256");
  }
  if (Take<uint32_t>(bytes, kVersionAt) != kVersion) {
    return {ACL_ERROR_PARSE_MODEL,
            "the .om file has an unknown version at offset 8: compile it again with this atc"};
  }
  if (Take<uint8_t>(bytes, kEncryptedAt) != 0) {
    return {ACL_ERROR_FEATURE_UNSUPPORTED,
            "the .om file is marked as encrypted (offset 80), which hostacl does not read"};
  }
  uint64_t length = Take<uint64_t>(bytes, kModelLengthAt);
  if (length == 0) length = Take<uint32_t>(bytes, kLengthAt);
  const uint64_t there = bytes.size() - kOmHeaderSize;
  if (length != there) {
    return Damaged("its header promises " + Number(length) + " bytes of content (offset 184), " +
                   Number(there) + " are there");
  }
  if (Take<uint32_t>(bytes, kModelNumberAt) != 1) {
    return Damaged("it says that it holds " + Number(Take<uint32_t>(bytes, kModelNumberAt)) +
                   " models (offset 156), not 1");
  }
  const std::string_view name = bytes.substr(kNameAt, kNameSize);
  container->name = name.substr(0, name.find('\0'));
  container->dynamic = Take<uint8_t>(bytes, kDynamicAt) != 0;
  return {};
}

OmProblem ReadTable(std::string_view bytes, OmContainer* container) {
  const uint64_t content = bytes.size() - kOmHeaderSize;
  if (content < kTableHead) return Damaged("its partition table is cut off at offset 256");
  const uint32_t count = Take<uint32_t>(bytes, kOmHeaderSize);
  if (count > kOmMostPartitions) {
    return Damaged("its table names " + Number(count) + " partitions (offset 256), more than " +
                   Number(kOmMostPartitions));
  }
  const uint64_t table_end = kOmHeaderSize + kTableHead + uint64_t{count} * kEntrySize;
  if (table_end > bytes.size()) {
    return Damaged("its table of " + Number(count) + " partitions ends behind the file");
  }
  const uint64_t room = bytes.size() - table_end;
  for (uint32_t i = 0; i < count; ++i) {
    const size_t at = kOmHeaderSize + kTableHead + size_t{i} * kEntrySize;
    const auto type = static_cast<OmPartition>(Take<uint32_t>(bytes, at));
    const uint64_t offset = Take<uint64_t>(bytes, at + kEntryOffsetAt);
    const uint64_t size = Take<uint64_t>(bytes, at + kEntrySizeAt);
    const std::string which = "partition " + Number(i) + " (table entry at offset " + Number(at) +
                              ", type " + Number(static_cast<uint32_t>(type)) + ")";
    if (offset > room || size > room - offset) {
      return Damaged(which + " reaches from " + Number(offset) + " over " + Number(size) +
                     " bytes, of which the file has " + Number(room));
    }
    std::string_view twice;
    if (container->Find(type, &twice)) return Damaged(which + " is there twice");
    container->partitions.push_back({type, bytes.substr(table_end + offset, size)});
  }
  std::vector<std::string_view> spans;
  for (const auto& partition : container->partitions) {
    if (!partition.bytes.empty()) spans.push_back(partition.bytes);
  }
  std::sort(spans.begin(), spans.end(),
            [](std::string_view a, std::string_view b) { return a.data() < b.data(); });
  for (size_t i = 1; i < spans.size(); ++i) {
    if (spans[i - 1].data() + spans[i - 1].size() > spans[i].data()) {
      return Damaged("two partitions overlap at offset " +
                     Number(static_cast<uint64_t>(spans[i].data() - bytes.data())));
    }
  }
  return {};
}

}  // namespace

bool OmContainer::Find(OmPartition type, std::string_view* bytes) const {
  for (const Partition& partition : partitions) {
    if (partition.type != type) continue;
    *bytes = partition.bytes;
    return true;
  }
  return false;
}

size_t OmFirstPlace(size_t count) {
  const size_t end = kOmHeaderSize + kTableHead + count * kEntrySize;
  return (end + kOmAlignment - 1) / kOmAlignment * kOmAlignment;
}

std::string EncodeOmHead(std::string_view name, bool dynamic, const std::vector<OmPlace>& places,
                         uint64_t file_size) {
  std::string head(OmFirstPlace(places.size()), '\0');
  const uint64_t content = file_size - kOmHeaderSize;
  Put<uint32_t>(&head, kMagicAt, kMagic);
  Put<uint32_t>(&head, kHeaderSizeAt, kOmHeaderSize);
  Put<uint32_t>(&head, kVersionAt, kVersion);
  // The 32-bit length holds what fits; readers prefer the 64-bit one.
  Put<uint32_t>(&head, kLengthAt, static_cast<uint32_t>(content));
  Put<uint8_t>(&head, kHasChecksumAt, 1);
  Put<uint8_t>(&head, kModelTypeAt, 1);
  std::memcpy(head.data() + kNameAt, name.data(), std::min(name.size(), kNameSize - 1));
  std::memcpy(head.data() + kOmUserMarkAt, kOmUserMark.data(), kOmUserMark.size());
  Put<uint32_t>(&head, kModelNumberAt, 1);
  Put<uint64_t>(&head, kModelLengthAt, content);
  Put<uint8_t>(&head, kDynamicAt, dynamic ? 1 : 0);
  Put<uint32_t>(&head, kOmHeaderSize, static_cast<uint32_t>(places.size()));
  const uint64_t table_end = kOmHeaderSize + kTableHead + places.size() * kEntrySize;
  for (size_t i = 0; i < places.size(); ++i) {
    const size_t at = kOmHeaderSize + kTableHead + i * kEntrySize;
    Put<uint32_t>(&head, at, static_cast<uint32_t>(places[i].type));
    Put<uint64_t>(&head, at + kEntryOffsetAt, places[i].offset - table_end);
    Put<uint64_t>(&head, at + kEntrySizeAt, places[i].size);
  }
  return head;
}

void SetOmChecksum(std::string* head, const Digest& digest) {
  const std::string checksum = digest.ToHex();
  std::memcpy(head->data() + kChecksumAt, checksum.data(), checksum.size());
}

Digest OmDigestOf(std::string_view bytes) {
  return DigestOf(bytes.data() + kOmHeaderSize, bytes.size() - kOmHeaderSize);
}

OmProblem ReadContainer(std::string_view bytes, bool check_digest, OmContainer* container) {
  *container = OmContainer();
  OmProblem problem = ReadHeader(bytes, container);
  if (problem.code == ACL_SUCCESS) problem = ReadTable(bytes, container);
  if (problem.code != ACL_SUCCESS || !check_digest) return problem;
  container->digest = OmDigestOf(bytes);
  const std::string checksum = container->digest.ToHex();
  if (bytes.substr(kChecksumAt, checksum.size()) != checksum) {
    return {ACL_ERROR_READ_MODEL_FAILURE,
            "the .om file is damaged: its checksum (offset 12) does not fit its content; compile"
            " or copy it again"};
  }
  return {};
}

}  // namespace hostacl

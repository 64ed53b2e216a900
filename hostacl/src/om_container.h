// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "acl/acl_base.h"
#include "digest.h"

namespace hostacl {

// Why a file was refused: an ACL code, and a message that says what, where and what to do.
struct OmProblem {
  aclError code = ACL_SUCCESS;
  std::string message;
};

// Codes of the executor for a partition that is there but cannot be used.
inline constexpr aclError kModelPartitionFailed = 545002;
inline constexpr aclError kWeightPartitionFailed = 545003;

// The outside of a .om file: 256 bytes of header, a partition table, the partitions.
//
//   header (little endian; offset: content)
//     0 u32 magic "IMOD"      4 u32 header size 256    8 u32 version 0x10000000
//    12 char[64] checksum    76 u32 content length    80 u8 encrypted, 81 u8 has a checksum
//    82 u8 model type        84 char[32] name        120 char[32] user's mark
//   156 u32 model count     160 char[20] platform    184 u64 content length (0: see 76)
//   193 u8 has gears
//   table, at 256: u32 count, u32 of padding, then 24 bytes a partition:
//     u32 type, u32 of padding, u64 offset from the end of the table, u64 size
//
// The paddings are those of a compiler for 64-bit machines. Our own files put "hostacl om 2" into
// the user's mark; their checksum is the hex digest of all that follows the header.
enum class OmPartition : uint32_t {
  kGraph = 0,     // ONNX, or the engine's own text form
  kWeights = 1,   // constants of the text form
  kMetadata = 8,  // JSON: inputs, outputs, gears, precision
};

inline constexpr size_t kOmHeaderSize = 256;
inline constexpr size_t kOmUserMarkAt = 120;
inline constexpr std::string_view kOmUserMark = "hostacl om 2";
// More partitions than any kind of file has; a longer table is taken as damage.
inline constexpr uint32_t kOmMostPartitions = 64;
// Partitions begin at multiples of this in files that we write.
inline constexpr size_t kOmAlignment = 64;

// A .om file taken apart. Views into the bytes that were read. A value; thread-compatible.
struct OmContainer {
  struct Partition {
    OmPartition type;
    std::string_view bytes;
  };
  std::string name;
  bool dynamic = false;
  std::vector<Partition> partitions;
  Digest digest;  // OmDigestOf, where the checksum was checked

  // The bytes of the partition; false when there is none.
  bool Find(OmPartition type, std::string_view* bytes) const;
};

// Where a partition of `size` bytes lies.
struct OmPlace {
  OmPartition type;
  uint64_t offset;  // from the beginning of the file, a multiple of kOmAlignment
  uint64_t size;
};

// First byte behind a table of `count` partitions, rounded up to kOmAlignment.
size_t OmFirstPlace(size_t count);

// Header and table of a file with these partitions, up to the first place; the checksum is zero.
// `file_size` is the size of the whole file.
std::string EncodeOmHead(std::string_view name, bool dynamic, const std::vector<OmPlace>& places,
                         uint64_t file_size);

// Writes the checksum into the bytes of a header.
void SetOmChecksum(std::string* head, const Digest& digest);

// Digest of everything behind the header.
Digest OmDigestOf(std::string_view bytes);

// Checks and takes apart a file that hostacl's atc wrote. 145006: the bytes do not have the size
// or the form that they say; 100012: it comes from elsewhere; 200006: encrypted; 100014: the
// checksum does not fit. `check_digest` false leaves out the checksum, for tests of the rest.
// Thread-safe; never reads outside `bytes`.
OmProblem ReadContainer(std::string_view bytes, bool check_digest, OmContainer* container);

}  // namespace hostacl

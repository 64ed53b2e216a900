// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace hostacl {

// The bytes of one number in a gear buffer: uint64 where `count` of them fit, else uint32.
inline size_t GearValueSize(size_t buffer_size, size_t count) {
  return buffer_size >= count * sizeof(uint64_t) ? sizeof(uint64_t) : sizeof(uint32_t);
}

// Writes and reads the numbers of a gear as the setters lay them out.
// REQUIRES: the buffer holds a uint32 for each.
inline void WriteGear(const std::vector<uint64_t>& values, uint8_t* bytes, size_t size) {
  const size_t width = GearValueSize(size, values.size());
  for (size_t i = 0; i < values.size(); ++i) std::memcpy(bytes + i * width, &values[i], width);
}

inline std::vector<uint64_t> ReadGear(const uint8_t* bytes, size_t size, size_t count) {
  const size_t width = GearValueSize(size, count);
  std::vector<uint64_t> values(count, 0);
  for (size_t i = 0; i < count; ++i) std::memcpy(&values[i], bytes + i * width, width);
  return values;
}

}  // namespace hostacl

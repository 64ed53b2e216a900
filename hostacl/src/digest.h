// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>

namespace hostacl {

// 128 bits that name some bytes. Against accidents, not against attackers.
struct Digest {
  uint64_t low = 0;
  uint64_t high = 0;
  auto operator<=>(const Digest&) const = default;
  std::string ToHex() const;
};

// Digest of `size` bytes, chained to `seed`.
Digest DigestOf(const void* bytes, size_t size, Digest seed = {});

}  // namespace hostacl

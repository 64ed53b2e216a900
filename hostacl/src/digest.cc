// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "digest.h"

#include <cstdio>
#include <cstring>

namespace hostacl {
namespace {

constexpr uint64_t kFirst = 0x9E3779B97F4A7C15u;
constexpr uint64_t kSecond = 0xD6E8FEB86659FD93u;

// Folds the 128-bit product of its arguments.
uint64_t Fold(uint64_t a, uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

}  // namespace

std::string Digest::ToHex() const {
  char text[33];
  std::snprintf(text, sizeof text, "%016llx%016llx", static_cast<unsigned long long>(high),
                static_cast<unsigned long long>(low));
  return text;
}

Digest DigestOf(const void* bytes, size_t size, Digest seed) {
  const uint8_t* at = static_cast<const uint8_t*>(bytes);
  uint64_t low = seed.low ^ kFirst ^ size;
  uint64_t high = seed.high ^ kSecond;
  for (size_t left = size; left > 0;) {
    uint64_t words[2] = {0, 0};
    const size_t step = left < sizeof words ? left : sizeof words;
    std::memcpy(words, at, step);
    low = Fold(low ^ words[0], kFirst ^ words[1]) + kSecond;
    high = Fold(high ^ words[1] ^ kSecond, (words[0] ^ kFirst) | 1) + low;
    at += step;
    left -= step;
  }
  return Digest{.low = Fold(low ^ kSecond, high | 1), .high = Fold(high ^ kFirst, low | 1)};
}

}  // namespace hostacl

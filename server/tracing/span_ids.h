// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

namespace omserve {

// The finaliser of SplitMix64 (Steele, Lea, Flood 2014): every number to another one, all bits
// mixed.
inline uint64_t MixBits(uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
  return value ^ (value >> 31);
}

// The id of the number-th span below one; never 0.
inline uint64_t ChildSpan(uint64_t span, uint64_t number) {
  const uint64_t id = MixBits(span + number * 0x9e3779b97f4a7c15u);
  return id != 0 ? id : 1;
}

// Ids that do not repeat in 2^64 draws, and differ between processes whose seeds do. They are no
// secrets. Thread-safe.
class SpanIds {
 public:
  explicit SpanIds(uint64_t seed) : state_(seed) {}
  // Never 0.
  uint64_t Next() {
    const uint64_t id = MixBits(state_.fetch_add(0x9e3779b97f4a7c15u, std::memory_order_relaxed));
    return id != 0 ? id : 1;
  }

 private:
  std::atomic<uint64_t> state_;
};

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace omserve::client {

// What a draw decides; draws for different purposes are independent of each other.
enum class DrawFor : uint64_t {
  kArrival,
  kClass,
  kCancel,
  kCancelTime,
  kBootstrap,
  kCheck,
  kSample
};

// A uniform number in [0, 1) that depends on its arguments alone: every request's fate is the same
// in every run of one seed, however many threads send. Thread-safe.
inline double SeededDraw(uint64_t seed, DrawFor purpose, uint64_t number) {
  // The finaliser of SplitMix64, over a counter, twice.
  const auto mix = [](uint64_t x) {
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
    return x ^ (x >> 31);
  };
  constexpr uint64_t kGolden = 0x9E3779B97F4A7C15U;
  const uint64_t stream = mix(seed + kGolden * (static_cast<uint64_t>(purpose) + 1));
  return static_cast<double>(mix(stream + kGolden * (number + 1)) >> 11) * 0x1.0p-53;
}

}  // namespace omserve::client

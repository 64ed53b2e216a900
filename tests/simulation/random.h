// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"

namespace omserve::simulation {

// Random numbers that are the same with every standard library (splitmix64). Thread-compatible.
class Random {
 public:
  // Seeds next to each other give streams that have nothing in common.
  explicit Random(uint64_t seed) : state_(seed) { state_ = Next() ^ (Next() << 1); }

  uint64_t Next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  // In [0, 1).
  double Unit() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }
  double Between(double low, double high) { return low + (high - low) * Unit(); }
  // In [low, high].
  int64_t Int(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(Unit() * static_cast<double>(high - low + 1));
  }
  bool Chance(double p) { return Unit() < p; }
  double Exponential(double mean) { return -mean * std::log(1 - Unit()); }
  absl::Duration Exponential(absl::Duration mean) { return mean * Exponential(1.0); }
  // Around 1, with this spread: a product of many small effects.
  double Noise(double spread) {
    double sum = 0;
    for (int i = 0; i < 4; ++i) sum += Unit();
    return std::exp(spread * (sum - 2) * 1.732);
  }

 private:
  uint64_t state_;
};

}  // namespace omserve::simulation

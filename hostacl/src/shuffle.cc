// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "shuffle.h"

#include <chrono>

#include "environment.h"

namespace hostacl {

Shuffle::Shuffle(uint32_t stream)
    : state_(NumberVariable("HOSTACL_SHUFFLE", 0) * 0x9E3779B97F4A7C15u + stream),
      on_(NumberVariable("HOSTACL_SHUFFLE", 0) > 0) {}

std::optional<Clock::duration> Shuffle::Next() {
  if (!on_) return std::nullopt;
  state_ += 0x9E3779B97F4A7C15u;
  uint64_t lot = (state_ ^ (state_ >> 30)) * 0xBF58476D1CE4E5B9u;
  lot = (lot ^ (lot >> 27)) * 0x94D049BB133111EBu;
  lot ^= lot >> 31;
  if ((lot & 1) == 0) return std::nullopt;
  return std::chrono::microseconds((lot >> 1) % 2000);
}

}  // namespace hostacl

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "mutex.h"

namespace hostacl {

// The random delays before a stream's tasks that HOSTACL_SHUFFLE=SEED (above 0) asks for, so that a
// program which forgot an event meets other orders. Same seed and stream: same delays. Owned by
// Stream. Single-thread.
class Shuffle {
 public:
  explicit Shuffle(uint32_t stream);
  // Up to 2 ms, before every other task or so; nothing without the variable.
  std::optional<Clock::duration> Next();
  bool on() const { return on_; }

 private:
  uint64_t state_;  // of a splitmix64 generator
  const bool on_;
};

}  // namespace hostacl

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace omserve {

// Where the time comes from; injected, so that tests own it. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  // The wall-clock time now.
  virtual absl::Time Now() const = 0;

  // The process's real clock; lives for ever.
  static const Clock& Real();
};

}  // namespace omserve

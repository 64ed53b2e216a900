// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "client/load/load_plan.h"

namespace omserve::client {

// Lets the calling thread wake within microseconds of what it waits for, and not within the 50 that
// Linux grants itself by default.
void WakeSharply();

// Waits for points in time, and learns how late the machine wakes it: an idle processor takes 30 to
// 90 us to come back. It asks to be woken so much earlier that one time in four it is too early,
// and waits the rest awake: a microsecond or so on average. Thread-compatible; a thread has its
// own.
class DueWait {
 public:
  // At most so much of a wait is spent awake.
  static constexpr std::chrono::nanoseconds kMostAwake = std::chrono::microseconds(60);

  // Returns at 'due', or later as the machine has it.
  void Until(LoadTime due);

  // When to ask to be woken for 'due'.
  LoadTime AskFor(LoadTime due) const { return due - early_; }
  // It asked for 'asked', and was awake at 'woken'.
  void Learn(LoadTime asked, LoadTime woken);

 private:
  std::chrono::nanoseconds early_{0};
};

}  // namespace omserve::client

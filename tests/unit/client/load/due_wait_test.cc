// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/due_wait.h"

#include <gtest/gtest.h>

#include <chrono>
#include <random>

namespace omserve::client {
namespace {

using std::chrono::microseconds;
using std::chrono::nanoseconds;

TEST(DueWaitTest, IsNeverEarly) {
  DueWait wait;
  for (int i = 0; i < 50; ++i) {
    const LoadTime due = std::chrono::steady_clock::now() + microseconds(20 * i);
    wait.Until(due);
    EXPECT_GE(std::chrono::steady_clock::now(), due);
  }
}

TEST(DueWaitTest, WhatIsOverIsNotWaitedFor) {
  DueWait wait;
  const LoadTime due;  // the epoch of the clock
  wait.Until(due);
  EXPECT_EQ(wait.AskFor(due), due);  // and teaches nothing
}

// A machine that is 20 to 60 us late, evenly: a quarter of its wake-ups is not later than 30 us.
TEST(DueWaitTest, LearnsToBeTooEarlyOneTimeInFour) {
  DueWait wait;
  std::mt19937 random(7);
  std::uniform_int_distribution<int> late_ns(20000, 60000);
  int too_early = 0;
  constexpr int kWaits = 4000;
  for (int i = 0; i < 2 * kWaits; ++i) {
    const LoadTime due = LoadTime(std::chrono::seconds(i));
    const LoadTime asked = wait.AskFor(due);
    const LoadTime woken = asked + nanoseconds(late_ns(random));
    wait.Learn(asked, woken);
    if (i >= kWaits) too_early += woken <= due ? 1 : 0;
  }
  EXPECT_NEAR(static_cast<double>(too_early) / kWaits, 0.25, 0.02);
  const nanoseconds early = LoadTime() - wait.AskFor(LoadTime());
  EXPECT_NEAR(static_cast<double>(early.count()), 30000, 6000);
}

TEST(DueWaitTest, AsksNeverForMoreThanItMayWaitAwake) {
  DueWait wait;
  const LoadTime asked;
  for (int i = 0; i < 1000; ++i) wait.Learn(asked, asked + std::chrono::milliseconds(5));
  EXPECT_EQ(asked - wait.AskFor(asked), DueWait::kMostAwake);
  for (int i = 0; i < 1000; ++i) wait.Learn(asked, asked);
  EXPECT_EQ(wait.AskFor(asked), asked);
}

}  // namespace
}  // namespace omserve::client

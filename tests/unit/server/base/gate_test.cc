// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/base/gate.h"

#include <gtest/gtest.h>

#include "server/base/thread.h"

namespace omserve {
namespace {

TEST(GateTest, CountsWhoIsInside) {
  Gate gate;
  {
    auto first = gate.Enter();
    auto second = gate.Enter();
    ASSERT_TRUE(first.has_value() && second.has_value());
    EXPECT_EQ(gate.inside(), 2);
    Gate::Pass moved = *std::move(second);
    EXPECT_EQ(gate.inside(), 2);
  }
  EXPECT_EQ(gate.inside(), 0);
}

TEST(GateTest, LetsNobodyInWhenClosed) {
  Gate gate;
  gate.Close();
  EXPECT_FALSE(gate.Enter().has_value());
  EXPECT_TRUE(gate.closed());
}

TEST(GateTest, WaitEndsAtTheDeadlineWhenSomebodyStays) {
  Gate gate;
  auto pass = gate.Enter();
  EXPECT_FALSE(gate.WaitEmpty(absl::Now() + absl::Milliseconds(5)));
}

TEST(GateTest, WaitEndsWhenTheLastOneLeaves) {
  Gate gate;
  auto pass = gate.Enter();
  Thread leaver("leaver", [&pass] { pass.reset(); });
  EXPECT_TRUE(gate.WaitEmpty(absl::Now() + absl::Seconds(30)));
}

}  // namespace
}  // namespace omserve

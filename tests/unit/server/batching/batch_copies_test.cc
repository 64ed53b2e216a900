// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// How rows of several calls come to the host: in one block when they are small and aligned.
#include <cstddef>
#include <utility>
#include <vector>

#include "tests/unit/server/batching/batching_fixture.h"

namespace omserve {
namespace {

constexpr int64_t kAligned = 16;  // floats: 64 bytes a row
constexpr ptrdiff_t kRowBytes = kAligned * 4;

const std::byte* Rows(TestCall& call) { return call.Wait()->outputs[0].host.data(); }

TEST_F(BatchingTest, SmallRowsOfSeveralCallsComeInOneBlock) {
  ASSERT_NO_FATAL_FAILURE(Start({.width = kAligned}));
  TestCall blocker, a, b, c;
  ASSERT_NO_FATAL_FAILURE(Block(blocker));
  a.Submit(*runner_, Call(2, 10));
  b.Submit(*runner_, Call(3, 20));
  c.Submit(*runner_, Call(1, 30));
  AclPlanRelease();
  EXPECT_EQ(a.Values(), Doubled(2, 10));
  EXPECT_EQ(c.Values(), Doubled(1, 30));
  EXPECT_EQ(Rows(b) - Rows(a), 2 * kRowBytes);
  EXPECT_EQ(Rows(c) - Rows(b), 3 * kRowBytes);
  EXPECT_TRUE(devices_->staging().Owns(Rows(b), 3 * kRowBytes));
  // The rows that are left stay what they are when others go and new ones come.
  a.Wait()->outputs.clear();
  c.Wait()->outputs.clear();
  for (int i = 0; i < 5; ++i) {
    TestCall other;
    other.Submit(*runner_, Call(6, 40));
    EXPECT_EQ(other.Values(), Doubled(6, 40));
  }
  EXPECT_EQ(b.Values(), Doubled(3, 20));
}

TEST_F(BatchingTest, RowsThatAreNotAlignedComeInBlocksOfTheirOwn) {
  ASSERT_NO_FATAL_FAILURE(Start({.width = kAligned + 1}));
  TestCall blocker, a, b;
  ASSERT_NO_FATAL_FAILURE(Block(blocker));
  a.Submit(*runner_, Call(1, 10));
  b.Submit(*runner_, Call(2, 20));
  AclPlanRelease();
  EXPECT_EQ(a.Values(), Doubled(1, 10));
  EXPECT_EQ(b.Values(), Doubled(2, 20));
  for (TestCall* const call : {&a, &b}) EXPECT_EQ(reinterpret_cast<size_t>(Rows(*call)) % 64, 0u);
}

TEST_F(BatchingTest, ACallThatKeepsItsRowsAndOneThatIsSplitShareABatchWithOthers) {
  ASSERT_NO_FATAL_FAILURE(Start({.width = kAligned}));
  TestCall blocker, kept, split, whole, next;
  ASSERT_NO_FATAL_FAILURE(Block(blocker));
  StageCall keeps = Call(2, 10);
  keeps.keep = {0};
  keeps.fetch = {};
  kept.Submit(*runner_, std::move(keeps));
  whole.Submit(*runner_, Call(1, 30));
  split.Submit(*runner_, Call(9, 20));
  AclPlanRelease();
  EXPECT_EQ(whole.Values(), Doubled(1, 30));
  EXPECT_EQ(split.Values(), Doubled(9, 20));
  ASSERT_TRUE(kept.Wait().ok()) << kept.Wait().status();
  next.SubmitFor(kept.context, *runner_, AddCall(2, *kept.Wait()));
  EXPECT_EQ(next.Values(), Doubled(2, 10, 5));
}

TEST_F(BatchingTest, RowsOfABatchThatFailedAreRunAgainIntoTheirPlaces) {
  ASSERT_NO_FATAL_FAILURE(Start({.width = kAligned}));
  TestCall blocker, a, b, c;
  ASSERT_NO_FATAL_FAILURE(Block(blocker));
  a.Submit(*runner_, Call(2, 10));
  b.Submit(*runner_, Call(3, 20));
  c.Submit(*runner_, Call(1, 30));
  AclPlanFail(507011, 1);
  AclPlanRelease();
  EXPECT_EQ(a.Values(), Doubled(2, 10));
  EXPECT_EQ(b.Values(), Doubled(3, 20));
  EXPECT_EQ(c.Values(), Doubled(1, 30));
}

}  // namespace
}  // namespace omserve

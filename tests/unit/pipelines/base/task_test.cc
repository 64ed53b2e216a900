// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/base/task.h"

#include <gtest/gtest.h>

#include <memory>

namespace omserve {
namespace {

Task<int> Leaf(int value) { co_return value; }

Task<int> Sum(int depth) {
  int total = 0;
  for (int i = 0; i < depth; ++i) total += co_await Leaf(1);
  co_return total;
}

TEST(TaskTest, RunsOnlyWhenStarted) {
  bool ran = false;
  const auto body = [](bool* flag) -> Task<int> {
    *flag = true;
    co_return 7;
  };
  Task<int> task = body(&ran);
  EXPECT_FALSE(ran);
  int got = 0;
  Start(std::move(task), [&](int value) { got = value; });
  EXPECT_TRUE(ran);
  EXPECT_EQ(got, 7);
}

TEST(TaskTest, LongChainsUseNoStack) {
  int got = 0;
  Start(Sum(20000), [&](int value) { got = value; });
  EXPECT_EQ(got, 20000);
}

TEST(TaskTest, TaskThatNobodyStartsFreesItsFrame) {
  auto guard = std::make_shared<int>(1);
  {
    const Task<int> task = [](std::shared_ptr<int> held) -> Task<int> { co_return *held; }(guard);
    EXPECT_EQ(guard.use_count(), 2);
  }
  EXPECT_EQ(guard.use_count(), 1);
}

}  // namespace
}  // namespace omserve

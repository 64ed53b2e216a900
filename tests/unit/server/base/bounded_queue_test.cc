// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/base/bounded_queue.h"

#include <gtest/gtest.h>

#include <memory>

#include "server/base/thread.h"

namespace omserve {
namespace {

TEST(BoundedQueueTest, RefusesWhenFullAndLeavesTheValue) {
  BoundedQueue<std::unique_ptr<int>> queue(1);
  EXPECT_TRUE(queue.TryPush(std::make_unique<int>(1)));
  auto second = std::make_unique<int>(2);
  EXPECT_FALSE(queue.TryPush(std::move(second)));
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(**queue.Pop(absl::ZeroDuration()), 1);
  EXPECT_TRUE(queue.TryPush(std::move(second)));
}

TEST(BoundedQueueTest, GivesFirstInFirstOut) {
  BoundedQueue<int> queue(3);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(queue.TryPush(int{i}));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(queue.Pop(absl::ZeroDuration()), i);
  EXPECT_EQ(queue.Pop(absl::Milliseconds(1)), std::nullopt);
}

TEST(BoundedQueueTest, CloseWakesAWaiterAndKeepsWhatIsQueued) {
  BoundedQueue<int> queue(2);
  ASSERT_TRUE(queue.TryPush(7));
  queue.Close();
  EXPECT_FALSE(queue.TryPush(8));
  EXPECT_FALSE(queue.drained());
  EXPECT_EQ(queue.Pop(absl::Seconds(30)), 7);
  EXPECT_TRUE(queue.drained());
  EXPECT_EQ(queue.Pop(absl::Seconds(30)), std::nullopt);
}

TEST(BoundedQueueTest, HandsOverBetweenThreads) {
  BoundedQueue<int> queue(4);
  int sum = 0;
  Thread consumer("consumer", [&queue, &sum] {
    while (!queue.drained()) sum += queue.Pop(absl::Milliseconds(10)).value_or(0);
  });
  for (int i = 1; i <= 100; ++i) {
    while (!queue.TryPush(int{i})) {
    }
  }
  queue.Close();
  consumer.Join();
  EXPECT_EQ(sum, 5050);
}

}  // namespace
}  // namespace omserve

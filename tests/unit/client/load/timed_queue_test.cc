// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/timed_queue.h"

#include <grpc/support/time.h>
#include <grpcpp/alarm.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "client/load/queue_event.h"

namespace omserve::client {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

// Before gRPC is used, and so for every test of this program, as in omserve-loadtest. Others wait
// as gRPC does by itself.
const bool kPolls = (PollToTheMicrosecond(), true);

LoadTime Now() { return std::chrono::steady_clock::now(); }

class CountedEvent final : public QueueEvent {
 public:
  void Happened(bool ok) override { (ok ? rung : cancelled) += 1; }
  void* tag() { return static_cast<QueueEvent*>(this); }

  int rung = 0;
  int cancelled = 0;
};

TEST(TimedQueueTest, IsNotEarlierThanItMayBe) {
  ASSERT_TRUE(kPolls);
  TimedQueue queue;
  for (int i = 0; i < 50; ++i) {
    const LoadTime until = Now() + microseconds(100 * i);
    EXPECT_FALSE(queue.Next(until));
    EXPECT_GE(Now(), until - DueWait::kMostAwake);
    EXPECT_TRUE(queue.polls());
    EXPECT_FALSE(queue.Next(until));  // the rest of it, awake
  }
  queue.Shutdown();
}

TEST(TimedQueueTest, AnEventEndsTheWait) {
  TimedQueue queue;
  CountedEvent event;
  grpc::Alarm alarm;
  alarm.Set(queue.get(), gpr_time_from_millis(5, GPR_TIMESPAN), event.tag());
  EXPECT_TRUE(queue.Next(Now() + std::chrono::hours(1)));
  EXPECT_EQ(event.rung, 1);
  EXPECT_FALSE(queue.Next(Now() + milliseconds(2)));  // and not a second time
  queue.Shutdown();
}

TEST(TimedQueueTest, WithoutAnEndItWaitsForAnEvent) {
  TimedQueue queue;
  CountedEvent event;
  grpc::Alarm alarm;
  EXPECT_FALSE(queue.Next(Now() + milliseconds(1)));  // its timer has been set, and is off again
  alarm.Set(queue.get(), gpr_time_from_millis(20, GPR_TIMESPAN), event.tag());
  EXPECT_TRUE(queue.Next(LoadTime::max()));
  EXPECT_EQ(event.rung, 1);
  queue.Shutdown();
}

TEST(TimedQueueTest, LooksOnceWhenTheTimeIsOver) {
  TimedQueue queue;
  CountedEvent event;
  grpc::Alarm alarm;
  alarm.Set(queue.get(), gpr_time_from_millis(0, GPR_TIMESPAN), event.tag());
  const LoadTime patience = Now() + std::chrono::seconds(30);
  while (event.rung == 0 && Now() < patience) queue.Next(LoadTime());
  EXPECT_EQ(event.rung, 1);
  queue.Shutdown();
}

TEST(TimedQueueTest, AnotherThreadsEventWakesIt) {
  TimedQueue queue;
  CountedEvent event;
  grpc::Alarm alarm;
  std::thread other(
      [&] { alarm.Set(queue.get(), gpr_time_from_millis(0, GPR_TIMESPAN), event.tag()); });
  EXPECT_TRUE(queue.Next(LoadTime::max()));
  other.join();
  EXPECT_EQ(event.rung, 1);
  queue.Shutdown();
}

TEST(TimedQueueTest, ShutdownTakesWhatIsLeft) {
  TimedQueue queue;
  CountedEvent event;
  grpc::Alarm alarm;
  alarm.Set(queue.get(), gpr_time_from_seconds(3600, GPR_TIMESPAN), event.tag());
  alarm.Cancel();
  queue.Shutdown();
  EXPECT_EQ(event.cancelled, 1);
}

}  // namespace
}  // namespace omserve::client

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/base/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>

#include "tests/unit/server/base/signal.h"

namespace omserve {
namespace {

TEST(WorkerPoolTest, RunsEverythingOnce) {
  std::atomic<int> runs{0};
  WorkerPool pool("pool", 4);
  for (int i = 0; i < 1000; ++i) pool.Post([&runs] { ++runs; });
  pool.Stop();
  EXPECT_EQ(runs, 1000);
}

TEST(WorkerPoolTest, NeverRunsInsidePost) {
  WorkerPool pool("pool", 1);
  Signal posted;
  Signal ran;
  bool waited = false;
  pool.Post([&] {
    waited = posted.Wait();
    ran.Notify();
  });
  posted.Notify();
  ASSERT_TRUE(ran.Wait());
  EXPECT_TRUE(waited);
}

TEST(WorkerPoolTest, StopRunsWhatIsPostedWhileItDrains) {
  std::atomic<int> depth{0};
  WorkerPool pool("pool", 2);
  pool.Post([&] {
    ++depth;
    pool.Post([&] {
      ++depth;
      pool.Post([&] { ++depth; });
    });
  });
  pool.Stop();
  EXPECT_EQ(depth, 3);
}

TEST(WorkerPoolTest, EndsGoBeforeContinuationsAndTheseBeforeNewWork) {
  using Lane = Executor::Lane;
  WorkerPool pool("pool", 1);
  Signal posted;
  std::string order;  // written by the one worker
  pool.Post([&posted] { posted.Wait(); });
  const auto post = [&](Lane lane, char name) {
    pool.Post(lane, [&order, name] { order += name; });
  };
  post(Lane::kNew, 'n');
  post(Lane::kContinue, 'c');
  post(Lane::kNew, 'm');
  post(Lane::kEnd, 'e');
  pool.Post([&order] { order += 'd'; });  // a continuation, too
  post(Lane::kEnd, 'f');
  posted.Notify();
  pool.Stop();
  EXPECT_EQ(order, "efcdnm");
}

TEST(WorkerPoolTest, WorkersRunSideBySide) {
  WorkerPool pool("pool", 2);
  Signal first;
  Signal second;
  std::atomic<int> met{0};
  pool.Post([&] {
    first.Notify();
    met += second.Wait() ? 1 : 0;
  });
  pool.Post([&] {
    second.Notify();
    met += first.Wait() ? 1 : 0;
  });
  pool.Stop();
  EXPECT_EQ(met, 2);
}

}  // namespace
}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// Calls that are over so soon that one thread sees to them from end to end, and calls that come
// together. The device has no profile: its models take the microseconds that they take.
#include <atomic>
#include <deque>
#include <random>

#include "server/batching/submit_burst.h"
#include "tests/unit/server/batching/batching_fixture.h"

namespace omserve {
namespace {

using BriefCallsTest = BatchingTest;

TEST_F(BriefCallsTest, CallsOfABurstShareABatch) {
  ASSERT_NO_FATAL_FAILURE(Start({.engine = EngineOptions()}));
  std::deque<TestCall> calls(4);
  {
    SubmitBurst burst(*engine_);
    for (size_t i = 0; i < calls.size(); ++i) {
      calls[i].Submit(*runner_, Call(1, static_cast<float>(10 * i)));
    }
    EXPECT_EQ(runner_->queued_items(), 4);
    EXPECT_TRUE(log_.entries().empty());
  }
  for (size_t i = 0; i < calls.size(); ++i) {
    const absl::StatusOr<StageResult> result = calls[i].Wait();
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_EQ(result->outputs[0].host.as<float>()[0], 20 * static_cast<float>(i) + 1);
  }
  ASSERT_EQ(log_.entries().size(), 1u);
  EXPECT_EQ(log_.entries()[0].calls, 4);
}

TEST_F(BriefCallsTest, ABurstOfNothingAndOneInsideAnother) {
  ASSERT_NO_FATAL_FAILURE(Start({.engine = EngineOptions()}));
  TestCall call;
  {
    SubmitBurst outer(*engine_);
    {
      SubmitBurst inner(*engine_);
    }
    call.Submit(*runner_, Call(1, 3));
  }
  ASSERT_TRUE(call.Wait().ok());
}

TEST_F(BriefCallsTest, LightCallsOfManyThreadsEndOnceWithTheirOwnRows) {
  ASSERT_NO_FATAL_FAILURE(Start({.instances = 2, .engine = EngineOptions()}));
  constexpr int kThreads = 4;
  constexpr int kBursts = 60;
  std::atomic<int> ended{0}, sent{0};
  std::vector<Thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back("caller", [&, t] {
      std::mt19937 random(static_cast<uint32_t>(t));
      for (int i = 0; i < kBursts; ++i) {
        const size_t count = 1 + random() % 6;
        RequestContext context(Clock::Real(), absl::InfiniteFuture());
        std::deque<Signal> done(count);
        const auto submit = [&] {
          for (size_t k = 0; k < count; ++k) {
            const float first = static_cast<float>(1000 * t + 10 * i) + static_cast<float>(k);
            StageCall call = Call(1, first);
            call.light = true;
            ++sent;
            runner_->Submit(std::move(call), context, [&, k, first](absl::StatusOr<StageResult> r) {
              EXPECT_TRUE(r.ok()) << r.status();
              if (r.ok()) EXPECT_EQ(r->outputs[0].host.as<float>()[0], 2 * first + 1);
              ++ended;
              done[k].Notify();
            });
          }
        };
        if (count > 1) {
          SubmitBurst burst(*engine_);
          submit();
        } else {
          submit();
        }
        for (Signal& each : done) EXPECT_TRUE(each.Wait());
      }
    });
  }
  threads.clear();
  EXPECT_EQ(ended.load(), sent.load());
  EXPECT_EQ(runner_->queued_items(), 0);
}

}  // namespace
}  // namespace omserve

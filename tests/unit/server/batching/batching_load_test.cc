// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include <random>

#include "tests/unit/server/batching/batching_fixture.h"

namespace omserve {
namespace {

TEST_F(BatchingTest, RowsOfManyRequestsNeverMix) {
  ASSERT_NO_FATAL_FAILURE(Start({.devices = {0, 1}, .instances = 2}));
  constexpr int kThreads = 8;
  constexpr int kCalls = 40;
  std::vector<Thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back("caller", [this, t] {
      std::mt19937 random(static_cast<uint32_t>(t));
      for (int i = 0; i < kCalls; ++i) {
        const int64_t items = random() % 20;
        const float first = static_cast<float>(1000 * (t * kCalls + i));
        RequestContext context(Clock::Real(), absl::InfiniteFuture());
        const auto run = [this, &context](StageCall call) {
          Signal done;
          absl::StatusOr<StageResult> result = absl::UnknownError("not done");
          runner_->Submit(std::move(call), context, [&](absl::StatusOr<StageResult> got) {
            result = std::move(got);
            done.Notify();
          });
          EXPECT_TRUE(done.Wait());
          return result;
        };
        StageCall call = Call(items, first);
        call.keep = {0};
        absl::StatusOr<StageResult> kept = run(std::move(call));
        ASSERT_TRUE(kept.ok()) << kept.status();
        absl::StatusOr<StageResult> added = run(AddCall(items, *kept));
        ASSERT_TRUE(added.ok()) << added.status();
        for (int64_t row = 0; row < items; ++row) {
          for (int64_t column = 0; column < kWidth; ++column) {
            const size_t at = static_cast<size_t>(row * kWidth + column);
            const float x = first + static_cast<float>(row);
            ASSERT_EQ(kept->outputs[0].host.as<float>()[at], 2 * x + 1);
            ASSERT_EQ(added->outputs[0].host.as<float>()[at], 2 * x + 6);
          }
        }
      }
    });
  }
  threads.clear();
  EXPECT_EQ(runner_->queued_items(), 0);
}

// On a device that takes 4, 8 and 12 ms for a batch, with more callers than it can serve.
TEST_F(BatchingTest, AWarmRunnerAllocatesNothing) {
  ASSERT_NO_FATAL_FAILURE(Start({}));
  const auto round = [this] {
    for (int i = 0; i < 20; ++i) {
      TestCall call;
      call.Submit(*runner_, Call(1 + i % 8, 1));
      ASSERT_TRUE(call.Wait().ok());
    }
  };
  round();
  const size_t host = devices_->staging().stats().allocations;
  const size_t device = devices_->device(0).memory_pool().stats().allocations;
  round();
  round();
  // A block may be on its way back when the next call comes, so one more is no leak.
  EXPECT_LE(devices_->staging().stats().allocations, host + 2);
  EXPECT_LE(devices_->device(0).memory_pool().stats().allocations, device + 2);
}

}  // namespace
}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// Pipelines that come and go while others run.
#include <atomic>
#include <filesystem>

#include "tests/unit/server/batching/batching_fixture.h"

namespace omserve {
namespace {

class ReloadTest : public BatchingTest {
 protected:
  // Another runner of the tiny pipeline, or what keeps it from being made.
  absl::StatusOr<std::unique_ptr<BatchingRunner>> Another() {
    std::vector<LoadedStage> stages;
    for (const char* name : {"double", "add"}) {
      StageSpec spec;
      spec.name = name;
      spec.om_path =
          ::testing::TempDir() + "/omserve_batching_" + std::to_string(getpid()) + name + ".om";
      auto stage = LoadedStage::Load(spec, *devices_);
      if (!stage.ok()) return stage.status();
      stages.push_back(*std::move(stage));
    }
    return BatchingRunner::Create("tiny", 1, std::move(stages), *engine_);
  }

  // Loads a pipeline 'times' times beside one that is used all the time.
  void ComeAndGo(int times);
};

void ReloadTest::ComeAndGo(int times) {
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0};
  std::atomic<int> answered{0};
  std::vector<Thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back("caller", [&, t] {
      for (int i = 0; !stop.load(); ++i) {
        const float first = static_cast<float>(100 * t + i % 50);
        TestCall call;
        call.Submit(*runner_, Call(1 + i % 3, first));
        if (!call.Wait().ok() || call.Values() != Doubled(1 + i % 3, first)) wrong.fetch_add(1);
        answered.fetch_add(1);
      }
    });
  }
  for (int i = 0; i < times; ++i) {
    auto other = Another();
    ASSERT_TRUE(other.ok()) << other.status();
    TestCall call;
    call.Submit(**other, Call(2, 7, (*other)->allocator()));
    EXPECT_EQ(call.Values(), Doubled(2, 7));
  }
  stop.store(true);
  threads.clear();
  EXPECT_EQ(wrong.load(), 0);
  EXPECT_GT(answered.load(), times) << "there was load";
}

TEST_F(ReloadTest, PipelinesComeAndGoUnderLoad) {
  Options options{.devices = {0, 1}};
  options.engine.cache_dir = ::testing::TempDir() + "/omserve_reload_" + std::to_string(getpid());
  ASSERT_NO_FATAL_FAILURE(Start(options));
  ComeAndGo(12);
  std::filesystem::remove_all(options.engine.cache_dir);
}

TEST_F(ReloadTest, AndAreMeasuredMeanwhile) {
  ASSERT_NO_FATAL_FAILURE(Start({.devices = {0, 1}}));
  ComeAndGo(1);
}

// The loader must not wait for ever for a device that never is idle, nor change what runs.
TEST_F(ReloadTest, ABorrowedDeviceIsEmptyAndGivenBack) {
  ASSERT_NO_FATAL_FAILURE(Start({}));
  EXPECT_TRUE(engine_->quiet());
  TestCall call;
  {
    auto loan = engine_->Borrow(0, absl::Seconds(20));
    ASSERT_TRUE(loan.ok()) << loan.status();
    call.Submit(*runner_, Call(1, 3));
    EXPECT_FALSE(engine_->quiet());
    EXPECT_EQ(runner_->queued_items(), 1) << "it waits for the device";
  }
  EXPECT_EQ(call.Values(), Doubled(1, 3));
}

TEST_F(ReloadTest, ADeviceThatNeverIsIdleIsTakenAfterThePatience) {
  ASSERT_NO_FATAL_FAILURE(Start({}));
  std::atomic<bool> stop{false};
  std::vector<Thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back("caller", [&] {
      while (!stop.load()) {
        TestCall call;
        call.Submit(*runner_, Call(8, 3));
        EXPECT_EQ(call.Values(), Doubled(8, 3));
      }
    });
  }
  for (int i = 0; i < 3; ++i) {
    const auto loan = engine_->Borrow(0, absl::Milliseconds(1));
    EXPECT_TRUE(loan.ok()) << loan.status();
  }
  stop.store(true);
  threads.clear();
}

TEST_F(ReloadTest, APipelineThatCannotBeMeasuredLeavesNothingBehind) {
  ASSERT_NO_FATAL_FAILURE(Start({}));
  AclPlanFail(100000, 1);
  EXPECT_FALSE(Another().ok());
  AclPlanReset();
  const auto other = Another();
  ASSERT_TRUE(other.ok()) << other.status();
  TestCall call, own;
  call.Submit(**other, Call(1, 2, (*other)->allocator()));
  own.Submit(*runner_, Call(1, 4));
  EXPECT_EQ(call.Values(), Doubled(1, 2));
  EXPECT_EQ(own.Values(), Doubled(1, 4));
}

}  // namespace
}  // namespace omserve

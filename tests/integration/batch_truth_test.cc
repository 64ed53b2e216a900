// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// An item's answer does not depend on what it was batched or padded with: the shipped models'
// stages, random items in random mixes, against the same items alone.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "pipelines/base/mutex.h"
#include "server/base/worker_pool.h"
#include "server/batching/batch_engine.h"
#include "server/batching/batching_runner.h"
#include "server/batching/shadow_check.h"
#include "server/registry/loaded_stage.h"
#include "tests/unit/server/base/signal.h"

namespace omserve {
namespace {

// The most that a gear may change an output, of its largest value. The models are compiled for
// fp32, so only the order of sums differs.
constexpr double kTolerance = 1e-4;
constexpr int kMixes = 3;
constexpr char kAlone[] = "alone";
constexpr char kMixed[] = "mixed";

// A stage and the one batch size that its mixes are compiled for.
struct Case {
  const char* model;
  const char* stage;
  int gear;
};

// Counts the batches with items of several calls, by gear. Thread-safe.
class Mixes final : public BatchObserver {
 public:
  void OnBatch(const BatchRecord& record) override {
    MutexLock lock(mutex_);
    if (record.calls > 1) ++seen_[record.gear];
  }
  std::map<int, int> seen() const {
    MutexLock lock(mutex_);
    return seen_;
  }

 private:
  mutable Mutex mutex_;
  std::map<int, int> seen_ ABSL_GUARDED_BY(mutex_);
};

using Rows = std::vector<HostTensor>;  // of one item: a row of every input or output

struct Answer {
  explicit Answer(int64_t first_item) : first(first_item) {}
  int64_t first;
  RequestContext context{Clock::Real(), absl::InfiniteFuture()};
  absl::StatusOr<StageResult> result = absl::UnknownError("not done");
  Signal done;
};

class BatchTruthTest : public ::testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    auto set = DeviceSet::Create({.library_path = OMSERVE_ACL_LIBRARY, .config_path = ""}, {0},
                                 Clock::Real());
    ASSERT_TRUE(set.ok()) << set.status();
    devices_ = *std::move(set);
    EngineOptions options;
    options.scheduling.ahead = 1;
    auto engine = BatchEngine::Create(*devices_, pool_, Clock::Real(), &mixes_, options);
    ASSERT_TRUE(engine.ok()) << engine.status();
    engine_ = *std::move(engine);
    const std::string models = OMSERVE_TEST_MODELS;
    const auto [model, name, gear] = GetParam();
    std::vector<LoadedStage> stages;
    for (const bool alone : {true, false}) {
      StageSpec spec;
      spec.name = alone ? kAlone : kMixed;
      spec.om_path = alone ? absl::StrCat(models, "/", model, "/", name, ".om")
                           : absl::StrCat(models, "/truth/", name, "_", gear, ".om");
      auto loaded = LoadedStage::Load(spec, *devices_);
      ASSERT_TRUE(loaded.ok()) << loaded.status();
      info_ = loaded->info();
      stages.push_back(*std::move(loaded));
    }
    ASSERT_EQ(info_.gears, std::vector<int>{gear});
    auto runner = BatchingRunner::Create("truth", 1, std::move(stages), *engine_);
    ASSERT_TRUE(runner.ok()) << runner.status();
    runner_ = *std::move(runner);
  }

  // Items [first, first + count) as one call.
  StageCall CallOf(const char* stage, int64_t first, int64_t count) {
    StageCall call;
    call.stage = stage;
    call.items = count;
    for (size_t i = 0; i < info_.outputs.size(); ++i) call.fetch.push_back(static_cast<int>(i));
    for (const ModelTensor& input : info_.inputs) {
      StageTensor tensor;
      tensor.host =
          runner_->allocator().Allocate(input.dtype, input.ShapeFor(count, info_.max_gear()));
      const std::span<float> values = tensor.host.as<float>();
      const size_t row = values.size() / static_cast<size_t>(count);
      for (int64_t item = 0; item < count; ++item) {
        std::mt19937 random(static_cast<uint32_t>(first + item));
        std::normal_distribution<float> normal;
        std::generate_n(values.begin() + item * static_cast<int64_t>(row), row,
                        [&] { return normal(random); });
      }
      call.inputs.push_back(std::move(tensor));
    }
    return call;
  }

  std::unique_ptr<Answer> Start(int64_t first, StageCall call) {
    auto answer = std::make_unique<Answer>(first);
    runner_->Submit(std::move(call), answer->context,
                    [answer = answer.get()](absl::StatusOr<StageResult> result) {
                      answer->result = std::move(result);
                      answer->done.Notify();
                    });
    return answer;
  }

  static Rows RowOf(const StageResult& result, int64_t item) {
    Rows rows;
    for (const StageTensor& output : result.outputs) {
      Shape shape = output.host.shape();
      shape[0] = 1;
      HostTensor row = TensorAllocator::Heap().Allocate(output.host.dtype(), shape);
      std::copy_n(output.host.data() + static_cast<size_t>(item) * row.bytes(), row.bytes(),
                  row.data());
      rows.push_back(std::move(row));
    }
    return rows;
  }

  WorkerPool pool_{"worker", 2};
  Mixes mixes_;
  ModelInfo info_;
  std::unique_ptr<DeviceSet> devices_;
  std::unique_ptr<BatchEngine> engine_;
  std::unique_ptr<BatchingRunner> runner_;
};

TEST_P(BatchTruthTest, AMixChangesNoAnswer) {
  const int64_t gear = GetParam().gear;
  const int64_t items = 3 * gear + 1;
  std::vector<Rows> alone;
  for (int64_t item = 0; item < items; ++item) {
    const auto answer = Start(item, CallOf(kAlone, item, 1));
    ASSERT_TRUE(answer->done.Wait());
    ASSERT_TRUE(answer->result.ok()) << answer->result.status();
    alone.push_back(RowOf(*answer->result, 0));
  }
  std::mt19937 random(2026);
  double worst = 0;
  for (int mix = 0; mix < kMixes; ++mix) {
    // All are made before the first one goes, so that most of them wait for company.
    std::vector<std::pair<int64_t, StageCall>> calls;
    for (int64_t first = 0; first < items; first += calls.back().second.items) {
      const int64_t count =
          std::min<int64_t>(std::uniform_int_distribution<int64_t>(1, gear)(random), items - first);
      calls.emplace_back(first, CallOf(kMixed, first, count));
    }
    std::vector<std::unique_ptr<Answer>> answers;
    for (auto& [first, call] : calls) answers.push_back(Start(first, std::move(call)));
    for (const auto& answer : answers) {
      ASSERT_TRUE(answer->done.Wait());
      ASSERT_TRUE(answer->result.ok()) << answer->result.status();
      const int64_t count = answer->result->outputs[0].host.rows();
      for (int64_t i = 0; i < count; ++i) {
        const Rows rows = RowOf(*answer->result, i);
        for (size_t output = 0; output < rows.size(); ++output) {
          const Rows& expected = alone[static_cast<size_t>(answer->first + i)];
          worst = std::max(worst, ShadowCheck::Difference(expected[output], rows[output]));
        }
      }
    }
  }
  EXPECT_LE(worst, kTolerance);
  EXPECT_FALSE(mixes_.seen().empty()) << "nothing was mixed";
  RecordProperty("worst_difference", std::to_string(worst));
}

INSTANTIATE_TEST_SUITE_P(
    Stages, BatchTruthTest,
    ::testing::Values(Case{"internvit", "internvit", 4}, Case{"internvit", "internvit", 8},
                      Case{"vitdet", "backbone", 2}, Case{"vitdet", "roi_bbox", 50},
                      Case{"vitdet", "roi_mask", 8}),
    [](const auto& info) { return absl::StrCat(info.param.stage, "_", info.param.gear); });

}  // namespace
}  // namespace omserve

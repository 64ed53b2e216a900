// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "pipelines/base/mutex.h"
#include "server/base/worker_pool.h"
#include "server/batching/batch_engine.h"
#include "server/batching/batching_runner.h"
#include "tests/unit/hostacl/tiny_onnx.h"
#include "tests/unit/server/base/signal.h"
#include "tests/unit/server/batching/acl_on_plan.h"

namespace omserve {

constexpr absl::Duration kTestLimit = absl::Seconds(30);

// Keeps what the scheduler tells. Thread-safe.
class BatchLog final : public BatchObserver {
 public:
  struct Entry {
    std::string stage;
    int device, gear, items, padding, calls;
    absl::Duration execute;
    absl::Status status;
  };
  void OnBatch(const BatchRecord& record) override {
    MutexLock lock(mutex_);
    entries_.push_back({std::string(record.stage), record.device, record.gear, record.items,
                        record.padding, record.calls, record.execute, record.status});
  }
  void OnCallEnded(std::string_view, std::string_view, std::string_view reason) override {
    MutexLock lock(mutex_);
    ends_.emplace_back(reason);
  }
  void OnShadowCheck(std::string_view, std::string_view, bool equal) override {
    {
      MutexLock lock(mutex_);
      checks_.push_back(equal);
    }
    checked_.NotifyAll();
  }
  void OnDeviceRecovery(int /*device*/, std::string_view result) override {
    {
      MutexLock lock(mutex_);
      recoveries_.emplace_back(result);
    }
    checked_.NotifyAll();
  }
  // The results of the first 'count' recoveries; fewer after the limit.
  std::vector<std::string> WaitRecoveries(size_t count) {
    MutexLock lock(mutex_);
    const absl::Time limit = absl::Now() + kTestLimit;
    while (recoveries_.size() < count && absl::Now() < limit) {
      checked_.WaitFor(mutex_, limit - absl::Now());
    }
    return recoveries_;
  }
  // The results of the first 'count' shadow checks; fewer after the limit.
  std::vector<bool> WaitChecks(size_t count) {
    MutexLock lock(mutex_);
    const absl::Time limit = absl::Now() + kTestLimit;
    while (checks_.size() < count && absl::Now() < limit) {
      checked_.WaitFor(mutex_, limit - absl::Now());
    }
    return checks_;
  }
  std::vector<std::string> ends() const {
    MutexLock lock(mutex_);
    return ends_;
  }
  std::vector<Entry> entries() const {
    MutexLock lock(mutex_);
    return entries_;
  }

 private:
  mutable Mutex mutex_;
  CondVar checked_;
  std::vector<Entry> entries_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> ends_ ABSL_GUARDED_BY(mutex_);
  std::vector<bool> checks_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> recoveries_ ABSL_GUARDED_BY(mutex_);
};

// One submitted call with its request; waits for the answer when it goes.
class TestCall {
 public:
  explicit TestCall(absl::Time deadline = absl::InfiniteFuture())
      : context(Clock::Real(), deadline) {}
  ~TestCall() { EXPECT_TRUE(done_.Wait()); }

  StagePromise Submit(ModelRunner& runner, StageCall call) {
    return SubmitFor(context, runner, std::move(call));
  }
  // As another call of the same request.
  StagePromise SubmitFor(RequestContext& request, ModelRunner& runner, StageCall call) {
    return runner.Submit(std::move(call), request, [this](absl::StatusOr<StageResult> result) {
      result_ = std::move(result);
      done_.Notify();
    });
  }
  absl::StatusOr<StageResult>& Wait() {
    EXPECT_TRUE(done_.Wait());
    return result_;
  }
  bool done() const { return done_.happened(); }
  // Column 0 of output 0.
  std::vector<float> Values() {
    std::vector<float> values;
    if (!Wait().ok()) {
      ADD_FAILURE() << result_.status();
      return values;
    }
    const HostTensor& host = result_->outputs[0].host;
    for (int64_t i = 0; i < host.rows(); ++i) {
      values.push_back(host.as<float>()[static_cast<size_t>(i * host.dim(1))]);
    }
    return values;
  }

  RequestContext context;

 private:
  Signal done_;
  absl::StatusOr<StageResult> result_ = absl::UnknownError("not done");
};

// Devices, a worker pool and a runner with two stages: "double" (y = 2x + 1) and "add" (y = x + 5),
// four floats a row unless the options say otherwise.
class BatchingTest : public ::testing::Test {
 protected:
  static constexpr int64_t kWidth = 4;

  void SetUp() override {
    unsetenv("HOSTACL_FAULTS");
    AclPlanReset();
  }
  void TearDown() override {
    AclPlanRelease();
    runner_.reset();
    engine_.reset();
    devices_.reset();
  }

  struct Options {
    std::vector<int> devices = {0};
    std::vector<uint64_t> gears = {1, 4, 8};
    int instances = 1;
    int max_queue_items = 1024;
    int max_items_per_request = 0;
    int64_t width = kWidth;             // floats a row
    std::vector<int> add_devices = {};  // of the second stage; empty: all
    EngineOptions engine = OneAhead();
  };

  // One batch on a device at a time, so that what waits meanwhile is seen to wait.
  static EngineOptions OneAhead() {
    EngineOptions options;
    options.scheduling.ahead = 1;
    options.submit_here = false;  // the tests hold the thread that submits
    return options;
  }

  void Start(const Options& options) {
    auto set = DeviceSet::Create({.library_path = ACL_LIBRARY, .config_path = ""}, options.devices,
                                 Clock::Real());
    ASSERT_TRUE(set.ok()) << set.status();
    devices_ = *std::move(set);
    std::vector<LoadedStage> stages;
    width_ = options.width;
    for (const bool twice : {true, false}) {
      StageSpec spec;
      spec.name = twice ? "double" : "add";
      spec.om_path = Write(spec.name, hostacl::testing::LinearOm({.name = spec.name,
                                                                  .gears = options.gears,
                                                                  .width = options.width,
                                                                  .scale = twice ? 2.0f : 1.0f,
                                                                  .offset = twice ? 1.0f : 5.0f}));
      spec.instances = options.instances;
      spec.max_queue_items = options.max_queue_items;
      spec.max_items_per_request = options.max_items_per_request;
      if (!twice) spec.devices = options.add_devices;
      auto stage = LoadedStage::Load(spec, *devices_);
      ASSERT_TRUE(stage.ok()) << stage.status();
      stages.push_back(*std::move(stage));
    }
    EngineOptions engine_options = options.engine;
    engine_options.lanes = options.instances;
    auto engine =
        BatchEngine::Create(*devices_, pool_, Clock::Real(), &log_, std::move(engine_options));
    ASSERT_TRUE(engine.ok()) << engine.status();
    engine_ = *std::move(engine);
    auto runner = BatchingRunner::Create("tiny", 1, std::move(stages), *engine_);
    ASSERT_TRUE(runner.ok()) << runner.status();
    runner_ = *std::move(runner);
    started_runs_ = AclPlanRuns();  // of the gears' measurement
    AclPlanReset();
  }

  static std::string Write(const std::string& name, const std::string& content) {
    const std::string path =
        ::testing::TempDir() + "/omserve_batching_" + std::to_string(getpid()) + name + ".om";
    FILE* file = fopen(path.c_str(), "wb");
    fwrite(content.data(), 1, content.size(), file);
    fclose(file);
    return path;
  }

  // A call whose item i has the value first + i in every column.
  StageCall Call(int64_t items, float first, TensorAllocator& allocator) {
    StageCall call;
    call.stage = "double";
    call.items = items;
    call.fetch = {0};
    call.inputs.resize(1);
    call.inputs[0].host = allocator.Allocate(DType::kFloat32, {items, width_});
    for (int64_t i = 0; i < items * width_; ++i) {
      call.inputs[0].host.as<float>()[static_cast<size_t>(i)] =
          first + static_cast<float>(i / width_);
    }
    return call;
  }
  StageCall Call(int64_t items, float first) { return Call(items, first, runner_->allocator()); }

  // The call of stage "add" on what another call kept.
  static StageCall AddCall(int64_t items, const StageResult& kept) {
    StageCall call;
    call.stage = "add";
    call.items = items;
    call.fetch = {0};
    call.inputs.resize(1);
    call.inputs[0].device = kept.outputs[0].device;
    return call;
  }

  // The same on what another call will keep.
  static StageCall AddCall(int64_t items, const StagePromise& promise) {
    StageResult kept;
    kept.outputs = promise;
    return AddCall(items, kept);
  }

  // Faults that the library injects, as hostacl/profiles/README.md tells; before Start.
  static void Plan(const std::string& rules) {
    const std::string path =
        ::testing::TempDir() + "/omserve_faults_" + std::to_string(getpid()) + ".json";
    FILE* file = fopen(path.c_str(), "wb");
    const std::string plan = "{\"rules\": [" + rules + "]}";
    fwrite(plan.data(), 1, plan.size(), file);
    fclose(file);
    setenv("HOSTACL_FAULTS", path.c_str(), 1);
  }

  // What "double" makes of Call(items, first).
  static std::vector<float> Doubled(int64_t items, float first, float add = 0) {
    std::vector<float> values;
    for (int64_t i = 0; i < items; ++i) {
      values.push_back(2 * (first + static_cast<float>(i)) + 1 + add);
    }
    return values;
  }

  // Puts a call on the device and keeps the next ones in the queue until AclPlanRelease.
  void Block(TestCall& blocker) {
    AclPlanHold();
    blocker.Submit(*runner_, Call(1, 0));
    ASSERT_TRUE(AclPlanWaitRuns(1));
  }

  // Executions before the first call.
  int started_runs() const { return started_runs_; }

  int started_runs_ = 0;
  int64_t width_ = kWidth;
  WorkerPool pool_{"worker", 2};
  BatchLog log_;
  std::unique_ptr<DeviceSet> devices_;
  std::unique_ptr<BatchEngine> engine_;
  std::unique_ptr<BatchingRunner> runner_;
};

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/inlined_vector.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pipelines/base/clock.h"
#include "pipelines/base/executor.h"
#include "pipelines/base/mutex.h"
#include "pipelines/graphs/model_runner.h"
#include "server/base/spare_nodes.h"
#include "server/base/thread.h"
#include "server/batching/batch_observer.h"
#include "server/batching/cost_cache.h"
#include "server/batching/device_lane.h"
#include "server/batching/device_recovery.h"
#include "server/batching/engine_options.h"
#include "server/batching/engine_stage.h"
#include "server/batching/pending_call.h"
#include "server/batching/tensor_mover.h"
#include "server/device/device_set.h"
#include "server/scheduling/scheduler.h"

namespace omserve {

// Runs what the scheduler decides: brings calls, times and what the devices say to the pure core
// under one lock, and does what it answers, on the lanes of all devices. All pipelines share it, as
// they share the devices. Owned by the server; the runners of the pipelines go first. Thread-safe.
class BatchEngine final : private DeviceLane::Owner {
 public:
  // Everything borrowed outlives the engine, the executor until every 'done' has run. 'observer'
  // may be null.
  static absl::StatusOr<std::unique_ptr<BatchEngine>> Create(DeviceSet& devices, Executor& executor,
                                                             const Clock& clock,
                                                             BatchObserver* observer,
                                                             EngineOptions options);
  // Waits for what is on the devices. What a device that hangs uses is never released.
  ~BatchEngine() override;

  // Measures the gears of a pipeline's stages and lets their calls in, also while others run, whom
  // it delays by one run at a time (Borrow). The stages outlive the pipeline (RemovePipeline).
  // INVALID_ARGUMENT; what the devices say.
  absl::StatusOr<scheduling::PipelineId> AddPipeline(
      const std::string& name, double weight,
      const std::vector<std::unique_ptr<EngineStage>>& stages);
  // Ends what waits of the pipeline with UNAVAILABLE, and refuses what comes later. Blocks until
  // nothing of it is on a device and no recovery uses it; false when a device that hangs holds some
  // of it for ever.
  bool EndPipeline(scheduling::PipelineId pipeline);
  // Forgets a pipeline that has ended. Nothing happens when a device still has something of it.
  void RemovePipeline(scheduling::PipelineId pipeline);

  // A device for oneself: nothing of the engine is on it, and nothing is put there, until the loan
  // goes, which is to be soon. Waits for a moment at which the device has nothing to do; one that
  // never is idle is taken after 'patience' all the same. After a loan the device is its own for
  // four times as long, unless nobody wanted it. Blocks. UNAVAILABLE when the device is lost.
  class Loan;
  absl::StatusOr<Loan> Borrow(size_t device, absl::Duration patience);
  // No request is in, nothing runs: whoever comes now disturbs nobody.
  bool quiet() const;

  Admitted Admit(scheduling::PipelineId pipeline, RequestContext& context, int64_t bytes);
  void Leave(RequestContext& context, bool completed);
  void Cancel(RequestContext& context);
  // As ModelRunner::Submit, for a call that fits the stage; 'pass' is held until 'done' has run.
  StagePromise Submit(const EngineStage& stage, StageCall call, RequestContext& context,
                      ModelRunner::Done done, Gate::Pass pass);
  // Sees to what was submitted in a SubmitBurst.
  void Look();

  DeviceSet& devices() const { return devices_; }
  Executor& executor() const { return executor_; }
  const Clock& clock() const { return clock_; }
  BatchObserver& observer() const { return observer_; }
  const EngineOptions& options() const { return options_; }

  // A device that has failed may be back soon: options().recovery works on it, or is about to.
  bool recovering() const { return recoveries_.load() > 0; }

  // Items of a stage that wait, in no batch.
  int64_t waiting_items(const EngineStage& stage) const;
  // True when a device hangs with work of ours: the process should end without cleaning up.
  bool stuck() const;

 private:
  // What is to be done without the lock.
  struct Aftermath {
    struct Ended {
      std::shared_ptr<PendingCall> call;
      scheduling::JobEnd end;
    };
    absl::InlinedVector<Ended, 1> ended;
    bool one_batch = false;  // has ended, on the thread that waited for it
    bool at_once = false;    // and on the one that submitted it
    std::vector<scheduling::FencedDevice> fenced;
    absl::InlinedVector<std::pair<const EngineStage*, int64_t>, 1> depths;
    absl::InlinedVector<DeviceLane*, 2> lanes;  // with batches to submit

    // Somebody else sees to the lane.
    void Leave(DeviceLane* lane) {
      lanes.erase(std::remove(lanes.begin(), lanes.end(), lane), lanes.end());
    }
  };
  // The last loan of a device.
  struct Lending {
    bool lent = false;
    absl::Time taken = absl::UnixEpoch();
    absl::Time given_back = absl::UnixEpoch();
    int64_t formed = 0;  // batches, when it was taken
  };

  BatchEngine(DeviceSet& devices, Executor& executor, const Clock& clock, BatchObserver& observer,
              EngineOptions options, std::vector<scheduling::DeviceSpec> specs);

  using Lanes = std::vector<std::unique_ptr<DeviceLane>>;
  absl::StatusOr<Lanes> MakeLanes(size_t device);
  bool LanesStuck() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  void OnBatchRun(int64_t batch) override;
  void OnBatchEnded(BatchEnd end) override;
  void OnBatchLost(FormedBatch batch) override;
  void Report(const BatchEnd& end);

  void TimerLoop();
  void GiveBack(size_t device) ABSL_LOCKS_EXCLUDED(mutex_);
  void RecoveryLoop();
  // Takes a fenced device down and up again; gives one of RecoveryResults.
  std::string_view Recover(size_t device) ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status BringBack(size_t device) ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Time Now() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  int64_t NumberOf(RequestContext& context) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool OnDevices(scheduling::PipelineId pipeline) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Where a job must or should run, by where its inputs are.
  absl::Status Place(const StageCall& call, const EngineStage& stage,
                     scheduling::JobSpec& spec) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Lets the scheduler do what is due, and hands its batches out.
  void Turn(Aftermath& after) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  DeviceLane* HandOut(scheduling::ScheduledBatch scheduled) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Abandon(const scheduling::FencedDevice& fenced) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The call of a job that has ended, unless it was taken out before.
  void TakeOut(scheduling::JobEnd& end, Aftermath& after) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Conclude, with the last lane's batches submitted on the calling thread.
  void ConcludeHere(Aftermath& aftermath) ABSL_LOCKS_EXCLUDED(mutex_);
  // Lets go of the calls that have ended.
  void Conclude(Aftermath& aftermath) ABSL_LOCKS_EXCLUDED(mutex_);
  void LeaveDevice(int64_t batch) ABSL_LOCKS_EXCLUDED(mutex_);
  // The request that all items of a batch are of; 0 when they are of several.
  int64_t RequestOf(const scheduling::ScheduledBatch& order) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Whose fault the end of a batch was. A wait for one batch may tell the error of another one on
  // the device, which then seems to have run well.
  scheduling::BatchOutcome Judge(const BatchEnd& end) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  DeviceSet& devices_;
  Executor& executor_;
  const Clock& clock_;
  BatchObserver& observer_;
  const EngineOptions options_;
  TensorMover mover_;
  CostCache cache_;

  mutable Mutex mutex_;
  CondVar timer_;
  CondVar left_;  // a batch has left its device
  scheduling::Scheduler scheduler_ ABSL_GUARDED_BY(mutex_);
  std::vector<EngineStage*> stages_ ABSL_GUARDED_BY(mutex_);  // by id
  scheduling::Effects effects_ ABSL_GUARDED_BY(mutex_);       // of one Turn after the other
  using Calls = std::unordered_map<int64_t, std::shared_ptr<PendingCall>>;
  using Batches = std::map<int64_t, scheduling::ScheduledBatch>;
  Calls calls_ ABSL_GUARDED_BY(mutex_);      // by job
  Batches batches_ ABSL_GUARDED_BY(mutex_);  // not left their device yet; by number
  SpareNodes<Calls> spare_calls_ ABSL_GUARDED_BY(mutex_);
  SpareNodes<Batches> spare_batches_ ABSL_GUARDED_BY(mutex_);
  // Batches that were on a device when a wait there told an error.
  std::set<int64_t> unclear_ ABSL_GUARDED_BY(mutex_);
  std::vector<Lending> lending_ ABSL_GUARDED_BY(mutex_);  // by device
  int64_t last_request_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Time last_now_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  absl::Time wake_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();
  absl::Time armed_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();  // the timer's next look
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;

  // By device. Without the lock, a lane may be used as long as the engine lives.
  std::vector<Lanes> lanes_ ABSL_GUARDED_BY(mutex_);
  std::vector<Lanes> retired_ ABSL_GUARDED_BY(mutex_);  // stopped, of devices that were reset

  DeviceRecovery recovery_;
  CondVar recover_;
  std::deque<size_t> to_recover_ ABSL_GUARDED_BY(mutex_);  // devices, marked unhealthy
  std::map<size_t, int> attempts_;                         // recovery thread
  std::atomic<int> recoveries_{0};                         // to be done
  Thread timer_thread_;
  Thread recovery_thread_;
};

// See Borrow. Owned by the borrower; goes before the engine. Move-only, thread-compatible.
class BatchEngine::Loan {
 public:
  Loan(Loan&& other) noexcept
      : engine_(std::exchange(other.engine_, nullptr)), device_(other.device_) {}
  Loan& operator=(Loan&&) = delete;
  ~Loan() {
    if (engine_ != nullptr) engine_->GiveBack(device_);
  }

 private:
  friend class BatchEngine;
  Loan(BatchEngine& engine, size_t device) : engine_(&engine), device_(device) {}

  BatchEngine* engine_;
  size_t device_;
};

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/inlined_vector.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "pipelines/base/executor.h"
#include "pipelines/base/mutex.h"
#include "pipelines/graphs/model_runner.h"
#include "server/base/gate.h"
#include "server/batching/call_outputs.h"
#include "server/batching/engine_stage.h"

namespace omserve {

// A call on its way through the devices: a job of the scheduler. Its items may sit in several
// batches at once, which share it (counted) and keep its inputs alive, also when it has ended
// before them. Thread-safe.
class PendingCall {
 public:
  // 'stage' outlives the call, 'context' lives until Finish.
  PendingCall(StageCall call, const EngineStage& stage, RequestContext& context,
              ModelRunner::Done done, Gate::Pass pass, absl::Time enqueued)
      : call_(std::move(call)),
        stage_(stage),
        context_(&context),
        enqueued_(enqueued),
        pass_(std::move(pass)),
        done_(std::move(done)) {}

  // Immutable, so that a batch of a device that hangs may still look.
  const StageCall& call() const { return call_; }
  const EngineStage& stage() const { return stage_; }
  const ModelInfo& info() const { return stage_.info(); }
  absl::Time enqueued() const { return enqueued_; }

  // The scheduler's numbers; set once, before anybody else knows the call.
  int64_t job() const { return job_; }
  int64_t request() const { return request_; }
  void set_job(int64_t job, int64_t request) {
    job_ = job;
    request_ = request;
  }
  // Items above the request's limit, which are not part of the call; set likewise.
  void set_items_cut(int64_t items) { items_cut_ = items; }

  // Where a batch on 'device' puts its rows; lives as long as the call. A call that keeps rows has
  // one such place only.
  CallOutputs& OutputsOn(int device) ABSL_LOCKS_EXCLUDED(mutex_);
  // The device has failed and may still write: what comes next goes elsewhere, and the answer is
  // not in the memory that it may write to.
  void Abandon(int device) ABSL_LOCKS_EXCLUDED(mutex_);
  // What the call leaves on the device; null before its batch was queued.
  std::shared_ptr<const DeviceRows> kept(size_t output) const ABSL_LOCKS_EXCLUDED(mutex_);

  // A batch with 'items' of the call from 'first' on has ended well; they are in 'outputs'.
  void AddRows(CallOutputs& outputs, int64_t first, int64_t items, const StageTiming& timing)
      ABSL_LOCKS_EXCLUDED(mutex_);

  // Ends the call: its result, or 'status', goes to 'executor', or to 'done' at once if 'here'. To
  // be called once.
  void Finish(const absl::Status& status, Executor& executor, bool here = false)
      ABSL_LOCKS_EXCLUDED(mutex_);
  // Before Finish, when the request is to run again.
  void AskRestart(bool suspect) { context_->AskRestart(suspect); }

 private:
  const StageCall call_;
  const EngineStage& stage_;
  RequestContext* const context_;
  const absl::Time enqueued_;
  int64_t job_ = 0;
  int64_t request_ = 0;
  int64_t items_cut_ = 0;

  // Rows that have been computed.
  struct Part {
    CallOutputs* outputs = nullptr;
    int64_t first = 0;
    int64_t items = 0;
  };
  void AddTiming(const StageTiming& timing) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  CallOutputs& MakeOutputs(int device) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  StageResult Result() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable Mutex mutex_;
  // All that were made: batches may still write to those that are in use no more.
  std::optional<CallOutputs> first_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<CallOutputs>> others_ ABSL_GUARDED_BY(mutex_);
  absl::InlinedVector<CallOutputs*, 1> outputs_ ABSL_GUARDED_BY(mutex_);  // in use; one a device
  absl::InlinedVector<Part, 1> parts_ ABSL_GUARDED_BY(mutex_);  // in the order in which they ended
  StageTiming timing_ ABSL_GUARDED_BY(mutex_);

  std::optional<Gate::Pass> pass_;  // with done_: only touched at the end
  ModelRunner::Done done_;
};

}  // namespace omserve

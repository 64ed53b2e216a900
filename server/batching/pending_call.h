// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "pipelines/base/executor.h"
#include "pipelines/base/mutex.h"
#include "pipelines/graphs/model_runner.h"
#include "server/base/gate.h"
#include "server/batching/device_rows.h"
#include "server/device/device.h"
#include "server/device/model_info.h"
#include "server/device/staging_pool.h"

namespace omserve {

// A call on its way through a device. Its items may sit in several batches at once and partly still
// in the queue, so it is shared by them (counted); it ends when its last item has ended.
// Thread-safe, except where a member says otherwise.
class PendingCall {
 public:
  PendingCall(StageCall call, int stage, RequestContext& context, ModelRunner::Done done,
              Gate::Pass pass, absl::Time enqueued)
      : call_(std::move(call)),
        stage_(stage),
        context_(&context),
        enqueued_(enqueued),
        deadline_(context.deadline()),
        remaining_(call_.items),
        pass_(std::move(pass)),
        done_(std::move(done)) {}

  const StageCall& call() const { return call_; }
  int64_t items() const { return call_.items; }
  int stage() const { return stage_; }
  absl::Time enqueued() const { return enqueued_; }
  absl::Time deadline() const { return deadline_; }

  // Why there is no use in going on; ok while there is. REQUIRES: some item has not ended.
  absl::Status Check() const ABSL_LOCKS_EXCLUDED(mutex_);

  // Makes the memory that the outputs go to; 'split' when the items do not all go into one batch.
  // Every batch calls it before it looks at the outputs; the first one does it.
  absl::Status PrepareOutputs(const ModelInfo& info, const Device& device, StagingPool& staging,
                              bool split) ABSL_LOCKS_EXCLUDED(mutex_);
  // Where a row of the host's copy of an output goes; null when the host does not want it.
  std::byte* HostRow(size_t output, int64_t row, size_t row_bytes) const;
  // Where a row goes when the device's copy is put together; null when it stays in its batch.
  std::byte* DeviceRow(size_t output, int64_t row, size_t row_bytes) const;
  // Sets what stays on the device of a call that is not split, if it wants the output.
  void KeepOutput(size_t output, std::shared_ptr<const DeviceTensor> rows);
  bool keeps(size_t output) const { return keep_[output]; }

  // Counts 'items' as ended, with what their batch took when they were in one. The last ones end
  // the call: the result goes to 'executor'. The first error wins.
  void Finish(int64_t items, const absl::Status& status, const StageTiming* timing,
              Executor& executor) ABSL_LOCKS_EXCLUDED(mutex_);

  // Takes part of the call out of the queue; gives the first item of the part. Guarded by the lock
  // of the queue that the call is in.
  int64_t Advance(int64_t items) { return std::exchange(next_, next_ + items); }
  int64_t waiting() const { return call_.items - next_; }

 private:
  absl::Status MakeOutputs(const ModelInfo& info, const Device& device, StagingPool& staging,
                           bool split);

  StageCall call_;
  const int stage_;
  RequestContext* const context_;  // lives until the call ends
  const absl::Time enqueued_;
  const absl::Time deadline_;
  int64_t next_ = 0;  // first item that is in no batch yet; guarded by the queue's lock

  // Written by PrepareOutputs once, before any batch looks; each batch then writes its own rows.
  std::vector<StageTensor> outputs_;
  std::vector<std::shared_ptr<DeviceRows::Block>> gathered_;
  std::vector<bool> keep_;

  mutable Mutex mutex_;
  bool prepared_ ABSL_GUARDED_BY(mutex_) = false;
  int64_t remaining_ ABSL_GUARDED_BY(mutex_);
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  StageTiming timing_ ABSL_GUARDED_BY(mutex_);

  std::optional<Gate::Pass> pass_;  // with done_: only touched at the end
  ModelRunner::Done done_;
};

// Items of one call that go into one batch, one after the other.
struct Segment {
  std::shared_ptr<PendingCall> call;
  int64_t first = 0;  // item of the call
  int64_t items = 0;
  int64_t row = 0;  // row of the batch
};

}  // namespace omserve

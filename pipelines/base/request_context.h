// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "pipelines/base/clock.h"
#include "pipelines/base/mutex.h"

namespace omserve {

// What one pass through one stage took. A stage of host work only has 'host' set and device -1.
struct StageTiming {
  std::string stage;
  absl::Duration queue;       // from submit to the moment a batch took it
  absl::Duration batch_form;  // from then to when all was there for the run
  absl::Duration h2d;
  absl::Duration gather;  // on the device, of rows that other batches left there
  absl::Duration execute;
  absl::Duration d2h;
  absl::Duration host;
  int device = -1;
  int batch_size = 0;  // real items in the batch (all requests together)
  int padding = 0;     // rows of the gear that carried nothing
  int batches = 0;     // passes, when the items of one call did not fit one batch
  absl::Time ended = absl::InfinitePast();  // of a traced request, when the stage was over
};

// How urgent a request is. Batch requests wait behind interactive ones, but not for ever.
enum class Priority { kInteractive, kBatch };

// Travels with a request from the wire to the answer. The owner is the RPC, which sets what the
// caller said before the first stage; after that it is thread-safe, as stages of a request may end
// while others run.
class RequestContext {
 public:
  RequestContext(const Clock& clock, absl::Time deadline) : clock_(&clock), deadline_(deadline) {}
  RequestContext(const RequestContext&) = delete;
  RequestContext& operator=(const RequestContext&) = delete;

  const Clock& clock() const { return *clock_; }
  absl::Time deadline() const { return deadline_; }

  void Cancel() { cancelled_.store(true, std::memory_order_release); }
  bool cancelled() const { return cancelled_.load(std::memory_order_acquire); }

  // CANCELLED or DEADLINE_EXCEEDED when there is no use in going on, else ok.
  absl::Status Check() const {
    if (cancelled()) return absl::CancelledError("the caller has gone");
    if (clock_->Now() >= deadline_) return absl::DeadlineExceededError("the deadline has passed");
    return absl::OkStatus();
  }

  // The device that the request's tensors live on; -1 until its first stage ran.
  int device() const { return device_.load(std::memory_order_relaxed); }
  void set_device(int device) { device_.store(device, std::memory_order_relaxed); }

  void AddTiming(StageTiming timing) ABSL_LOCKS_EXCLUDED(mutex_) {
    if (traced_) timing.ended = clock_->Now();
    MutexLock lock(mutex_);
    timings_.push_back(std::move(timing));
  }
  // All that were added, which are the caller's then.
  std::vector<StageTiming> TakeTimings() ABSL_LOCKS_EXCLUDED(mutex_) {
    MutexLock lock(mutex_);
    return std::exchange(timings_, {});
  }
  // In the order in which they were added.
  std::vector<StageTiming> timings() const ABSL_LOCKS_EXCLUDED(mutex_) {
    MutexLock lock(mutex_);
    return timings_;
  }

  // What the caller said of the request; set before its first stage.
  Priority priority() const { return priority_; }
  void set_priority(Priority priority) { priority_ = priority; }
  // Frames of one video stream have the same number above 0: at a stage, a newer one takes the
  // place of one that waits. 0 is none; pipelines set it once a frame is worth finishing.
  int64_t stream() const { return stream_; }
  void set_stream(int64_t stream) { stream_ = stream; }

  // The runner's number of the request; 0 until it was let in or ran its first stage.
  int64_t number() const { return number_.load(std::memory_order_acquire); }
  void set_number(int64_t number) { number_.store(number, std::memory_order_release); }

  // Says, before the stage that failed ends, that nothing is wrong with the request: the device
  // with its tensors is gone. 'suspect' when the request may be what felled it.
  void AskRestart(bool suspect) {
    if (suspect) suspect_.store(true);
    restart_.store(true);
  }
  bool restart_asked() const { return restart_.load(); }
  // For the RPC, which runs the pipeline once more after it failed.
  void BeginAgain() {
    restart_.store(false);
    set_device(-1);
  }
  bool suspect() const { return suspect_.load(); }

  // Whether the times at which its stages end are kept; set before its first stage.
  void set_traced(bool traced) { traced_ = traced; }

 private:
  const Clock* const clock_;
  const absl::Time deadline_;
  std::atomic<bool> cancelled_{false};
  std::atomic<int> device_{-1};
  Priority priority_ = Priority::kInteractive;
  int64_t stream_ = 0;
  bool traced_ = false;
  std::atomic<int64_t> number_{0};
  std::atomic<bool> restart_{false};
  std::atomic<bool> suspect_{false};
  mutable Mutex mutex_;
  std::vector<StageTiming> timings_ ABSL_GUARDED_BY(mutex_);
};

// Adds the time from its birth to Stop() (or its death) as host time of a named step.
class HostTimer {
 public:
  HostTimer(RequestContext& context, std::string step)
      : context_(context), step_(std::move(step)), start_(context.clock().Now()) {}
  ~HostTimer() { Stop(); }
  HostTimer(const HostTimer&) = delete;
  HostTimer& operator=(const HostTimer&) = delete;

  void Stop() {
    if (stopped_) return;
    stopped_ = true;
    StageTiming timing;
    timing.stage = step_;
    timing.host = context_.clock().Now() - start_;
    context_.AddTiming(std::move(timing));
  }

 private:
  RequestContext& context_;
  std::string step_;
  absl::Time start_;
  bool stopped_ = false;
};

}  // namespace omserve

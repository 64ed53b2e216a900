// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "pipelines/base/clock.h"
#include "pipelines/base/mutex.h"
#include "server/base/thread.h"
#include "server/metrics/server_metrics.h"
#include "server/tracing/request_trace.h"
#include "server/tracing/span_ids.h"
#include "server/tracing/trace_sink.h"

namespace omserve {

// How much is traced, and how it is handed over. A value.
struct TracerOptions {
  // Of the requests whose caller says nothing of sampling. 0 to 1.
  double ratio = 0.01;
  TraceResource resource;
  size_t queue = 2048;  // requests that wait to be exported; more are dropped
  size_t batch = 256;   // requests of one export
  absl::Duration interval = absl::Seconds(1);  // between exports of what is no full batch
  int attempts = 3;                            // of one export
  uint64_t seed = 0;                           // of the ids; the same ones for the same seed
};

// Decides which requests are traced, and exports them on a thread of its own. Owned by the server;
// outlives the requests. Thread-safe but for Stop.
class Tracer {
 public:
  // 'clock' must outlive the tracer.
  Tracer(const TracerOptions& options, const TracingMetrics& metrics,
         std::unique_ptr<TraceSink> sink, const Clock& clock);
  // Stops at once.
  ~Tracer();
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;

  // The span of a new request: in the caller's trace, and sampled when the caller's span is; else
  // the first of a new trace, sampled by the ratio.
  TraceContext Begin(const std::optional<TraceContext>& parent);

  // Hands a sampled request over. Never blocks; a full queue drops it, and that is counted.
  void End(RequestTrace trace) ABSL_LOCKS_EXCLUDED(mutex_);

  // Takes no more, and exports what waits while the limit is not reached; the rest is dropped and
  // counted. Blocks for the limit and the time limit of the sink at most. Idempotent.
  void Stop(absl::Duration limit) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Run() ABSL_LOCKS_EXCLUDED(mutex_);
  // Up to a batch of what waits; blocks for the interval when that is not a full one. Nothing when
  // there is nothing, or the tracer is to stop without it.
  std::vector<RequestTrace> Collect() ABSL_LOCKS_EXCLUDED(mutex_);
  void Export(const std::vector<RequestTrace>& traces) ABSL_LOCKS_EXCLUDED(mutex_);
  // Waits before the attempt with this number; false when there shall be none.
  bool WaitForAttempt(int attempt) ABSL_LOCKS_EXCLUDED(mutex_);
  bool Ended() ABSL_LOCKS_EXCLUDED(mutex_);

  const TracerOptions options_;
  const TracingMetrics metrics_;
  const std::unique_ptr<TraceSink> sink_;  // the thread's
  const Clock& clock_;
  SpanIds ids_;
  bool taken_ = true;  // the last export was; the thread's

  Mutex mutex_;
  CondVar wake_;
  std::deque<RequestTrace> queue_ ABSL_GUARDED_BY(mutex_);
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Time stop_by_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();
  Thread thread_;  // the last to be made
};

}  // namespace omserve

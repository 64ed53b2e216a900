// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/tracing/tracer.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "spdlog/spdlog.h"

namespace omserve {
namespace {

constexpr absl::Duration kFirstPause = absl::Seconds(1);  // before a second attempt; then doubled

// The highest 53 bits of a trace id's lower half as a number from 0 to below 1.
double Place(uint64_t trace_low) { return std::ldexp(static_cast<double>(trace_low >> 11), -53); }

}  // namespace

Tracer::Tracer(const TracerOptions& options, const TracingMetrics& metrics,
               std::unique_ptr<TraceSink> sink, const Clock& clock)
    : options_(options),
      metrics_(metrics),
      sink_(std::move(sink)),
      clock_(clock),
      ids_(options.seed),
      thread_("tracing", [this] { Run(); }) {}

Tracer::~Tracer() { Stop(absl::ZeroDuration()); }

TraceContext Tracer::Begin(const std::optional<TraceContext>& parent) {
  TraceContext context;
  context.span = ids_.Next();
  if (parent.has_value()) {
    context.trace_high = parent->trace_high;
    context.trace_low = parent->trace_low;
    context.sampled = parent->sampled;
    return context;
  }
  context.trace_high = ids_.Next();
  context.trace_low = ids_.Next();
  context.sampled = Place(context.trace_low) < options_.ratio;
  return context;
}

void Tracer::End(RequestTrace trace) {
  bool full_batch = false;
  {
    MutexLock lock(mutex_);
    if (stop_ || queue_.size() >= options_.queue) {
      metrics_.queue_full->Increment();
      return;
    }
    queue_.push_back(std::move(trace));
    full_batch = queue_.size() == options_.batch;
  }
  if (full_batch) wake_.NotifyOne();
}

void Tracer::Stop(absl::Duration limit) {
  {
    MutexLock lock(mutex_);
    if (!std::exchange(stop_, true)) stop_by_ = clock_.Now() + limit;
  }
  wake_.NotifyAll();
  thread_.Join();
}

bool Tracer::Ended() {
  MutexLock lock(mutex_);
  return stop_ && queue_.empty();
}

void Tracer::Run() {
  while (!Ended()) {
    const std::vector<RequestTrace> traces = Collect();
    if (!traces.empty()) Export(traces);
  }
}

std::vector<RequestTrace> Tracer::Collect() {
  MutexLock lock(mutex_);
  if (!stop_ && queue_.size() < options_.batch) wake_.WaitFor(mutex_, options_.interval);
  if (stop_ && clock_.Now() >= stop_by_) {
    metrics_.not_taken->Increment(static_cast<double>(queue_.size()));
    queue_.clear();
  }
  const auto count = static_cast<std::ptrdiff_t>(std::min(queue_.size(), options_.batch));
  std::vector<RequestTrace> traces(std::make_move_iterator(queue_.begin()),
                                   std::make_move_iterator(queue_.begin() + count));
  queue_.erase(queue_.begin(), queue_.begin() + count);
  return traces;
}

bool Tracer::WaitForAttempt(int attempt) {
  if (attempt == 0) return true;
  MutexLock lock(mutex_);
  // A batch that fills up meanwhile ends the pause early, which does no harm.
  if (!stop_) wake_.WaitFor(mutex_, kFirstPause * (1 << (attempt - 1)));
  return !stop_;
}

void Tracer::Export(const std::vector<RequestTrace>& traces) {
  const std::string body = EncodeTraces(options_.resource, traces);
  absl::Status status;
  for (int attempt = 0; attempt < options_.attempts && WaitForAttempt(attempt); ++attempt) {
    status = sink_->Send(body);
    if (!absl::IsUnavailable(status)) break;
  }
  const auto count = static_cast<double>(traces.size());
  (status.ok() ? metrics_.exported : metrics_.not_taken)->Increment(count);
  // Once, not at every export.
  if (std::exchange(taken_, status.ok()) == status.ok()) return;
  if (status.ok()) {
    spdlog::info("tracing: the collector takes traces again");
  } else {
    spdlog::warn("tracing: traces are dropped: {}", std::string(status.message()));
  }
}

}  // namespace omserve

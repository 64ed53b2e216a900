// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

#include "client/load/live_latencies.h"
#include "client/load/load_plan.h"

namespace omserve::client {

// What the threads of a run share. Thread-safe.
class LoadProgress {
 public:
  // REQUIRES: 'plan' outlives it.
  explicit LoadProgress(const LoadPlan& plan);

  // The number of the next request of a closed loop; false, now and ever after, if the run has
  // sent all of them or its time is over.
  bool TakeNumber(LoadTime now, uint64_t* number);
  // When the measured part began; LoadTime::max() before that.
  LoadTime measured_begin() const { return LoadTime(Span(measured_begin_.load())); }
  // When the last request was sent, or is due; LoadTime::max() while that is not known.
  LoadTime send_end() const { return LoadTime(Span(send_end_.load())); }

  void CountSent() { sent_.fetch_add(1, std::memory_order_relaxed); }
  void CountEnded(bool ok, absl::Duration latency) {
    (ok ? ok_ : failed_).fetch_add(1, std::memory_order_relaxed);
    if (ok) latencies_.Record(latency);
  }
  void CountDropped() { dropped_.fetch_add(1, std::memory_order_relaxed); }
  void CountNotSent() { not_sent_.fetch_add(1, std::memory_order_relaxed); }
  int64_t sent() const { return sent_.load(std::memory_order_relaxed); }
  int64_t ok() const { return ok_.load(std::memory_order_relaxed); }
  int64_t failed() const { return failed_.load(std::memory_order_relaxed); }
  int64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }
  const LiveLatencies& latencies() const { return latencies_; }
  int64_t not_sent() const { return not_sent_.load(std::memory_order_relaxed); }

 private:
  using Span = LoadTime::duration;

  const LoadPlan& plan_;
  std::atomic<uint64_t> next_ = 0;
  std::atomic<Span::rep> measured_begin_ = LoadTime::max().time_since_epoch().count();
  std::atomic<Span::rep> send_end_ = LoadTime::max().time_since_epoch().count();
  std::atomic<int64_t> sent_ = 0;
  std::atomic<int64_t> ok_ = 0;
  std::atomic<int64_t> failed_ = 0;
  std::atomic<int64_t> not_sent_ = 0;
  std::atomic<int64_t> dropped_ = 0;
  LiveLatencies latencies_;
};

}  // namespace omserve::client

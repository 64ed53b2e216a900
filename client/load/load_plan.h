// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "client/load/load_options.h"
#include "client/load/request_class.h"

namespace omserve::client {

using LoadTime = std::chrono::steady_clock::time_point;

// What a run sends, fixed before it begins. Thread-safe: it does not change.
struct LoadPlan {
  LoadOptions options;
  std::vector<RequestClass> classes;
  std::vector<double> shares;                      // running sums over classes, the last one 1
  std::vector<std::chrono::nanoseconds> schedule;  // of an open loop, from 'begin'
  LoadTime begin;

  // The class of the request with this number.
  size_t ClassOf(uint64_t number) const;
};

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
  void CountEnded(bool ok) { (ok ? ok_ : failed_).fetch_add(1, std::memory_order_relaxed); }
  void CountNotSent() { not_sent_.fetch_add(1, std::memory_order_relaxed); }
  int64_t sent() const { return sent_.load(std::memory_order_relaxed); }
  int64_t ok() const { return ok_.load(std::memory_order_relaxed); }
  int64_t failed() const { return failed_.load(std::memory_order_relaxed); }
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
};

}  // namespace omserve::client

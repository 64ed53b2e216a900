// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>

#include "acl/acl_rt.h"
#include "interrupt.h"
#include "mutex.h"

namespace hostacl {

class Device;

// One callback on its way from a stream to the thread that runs it. Shared by both. Thread-safe.
class Report {
 public:
  Report(aclrtCallback function, void* data) : function_(function), data_(data) {}

  // Calls the function on the calling thread and lets WaitUntilRun go.
  void Run() HOSTACL_EXCLUDES(mutex_);
  // Ends early when `interrupt` is raised.
  void WaitUntilRun(Interrupt* interrupt) HOSTACL_EXCLUDES(mutex_);

 private:
  const aclrtCallback function_;
  void* const data_;
  Mutex mutex_;
  CondVar changed_;
  bool done_ HOSTACL_GUARDED_BY(mutex_) = false;
};

// The callbacks that wait for one subscribed thread. Owned by ReportThreads; streams share it.
// Thread-safe.
class ReportQueue {
 public:
  ReportQueue(uint64_t thread, const Device* device) : thread_(thread), device_(device) {}

  uint64_t thread() const { return thread_; }
  const Device* device() const { return device_; }

  void Post(std::shared_ptr<Report> report) HOSTACL_EXCLUDES(mutex_);
  // Null when the deadline passed or the thread was unsubscribed first.
  std::shared_ptr<Report> Take(std::optional<TimePoint> deadline) HOSTACL_EXCLUDES(mutex_);
  // True after the last stream let go of the thread.
  bool closed() HOSTACL_EXCLUDES(mutex_);
  void Close() HOSTACL_EXCLUDES(mutex_);

 private:
  const uint64_t thread_;
  const Device* const device_;
  Mutex mutex_;
  CondVar changed_;
  std::deque<std::shared_ptr<Report>> reports_ HOSTACL_GUARDED_BY(mutex_);
  bool closed_ HOSTACL_GUARDED_BY(mutex_) = false;
};

// Which threads run callbacks. Owned by Runtime. Thread-safe.
class ReportThreads {
 public:
  static constexpr size_t kMost = 1024;

  // Counts one more stream for the thread. Null when there are kMost threads, or when the thread
  // serves another device.
  std::shared_ptr<ReportQueue> Subscribe(uint64_t thread, const Device* device)
      HOSTACL_EXCLUDES(mutex_);
  // Takes one stream back; the thread is forgotten with its last one.
  void Unsubscribe(uint64_t thread) HOSTACL_EXCLUDES(mutex_);
  std::shared_ptr<ReportQueue> Find(uint64_t thread) HOSTACL_EXCLUDES(mutex_);
  void Clear() HOSTACL_EXCLUDES(mutex_);

 private:
  struct Subscriber {
    std::shared_ptr<ReportQueue> queue;
    int streams = 0;
  };

  Mutex mutex_;
  std::map<uint64_t, Subscriber> threads_ HOSTACL_GUARDED_BY(mutex_);
};

}  // namespace hostacl

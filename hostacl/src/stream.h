// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "acl/acl_base.h"
#include "mutex.h"

namespace hostacl {

class Context;

// What a task learns and says about device time.
struct TaskTime {
  TimePoint ready;  // in: it was enqueued, and the task before it had ended
  TimePoint end;    // out: when it ended in device time; set to `ready` before the task runs
  const std::atomic<bool>* stop = nullptr;  // in: set when a hanging task is to give up
};

// A queue of device work with a thread of its own. Tasks run in order; one that fails leaves its
// code with the context, and the later ones still run, as on a card. Owned by Runtime's table or,
// for a default stream, by its context. Thread-safe.
class Stream {
 public:
  // Returns its code with a message left by Fail() on the stream's thread.
  using Task = std::function<aclError(TaskTime*)>;

  // `virtual_time`: device time follows the profile and not the clock.
  Stream(std::shared_ptr<Context> context, bool virtual_time);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  Context* context() const { return context_.get(); }

  void Submit(Task task) HOSTACL_EXCLUDES(mutex_);
  // Waits for all that was submitted before the call. False when the deadline passed first.
  bool Wait(std::optional<TimePoint> deadline) HOSTACL_EXCLUDES(mutex_);
  bool Idle() HOSTACL_EXCLUDES(mutex_);
  // Drops what has not begun, waits for the running task, which stops hanging, and ends the thread.
  void Stop() HOSTACL_EXCLUDES(mutex_);

 private:
  struct Entry {
    Task task;
    TimePoint enqueued;
  };

  void Loop() HOSTACL_EXCLUDES(mutex_);

  const std::shared_ptr<Context> context_;
  const bool virtual_time_;
  std::atomic<bool> give_up_ = false;
  Mutex mutex_;
  CondVar changed_;
  std::deque<Entry> queue_ HOSTACL_GUARDED_BY(mutex_);
  uint64_t submitted_ HOSTACL_GUARDED_BY(mutex_) = 0;
  uint64_t completed_ HOSTACL_GUARDED_BY(mutex_) = 0;
  bool stopping_ HOSTACL_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // last: it uses all the above
};

}  // namespace hostacl

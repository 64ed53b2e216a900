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
#include "interrupt.h"
#include "mutex.h"
#include "shuffle.h"

namespace hostacl {

class Context;
class ReportQueue;

// What a task learns and says about device time.
struct TaskTime {
  TimePoint ready;  // in: it was enqueued, and the task before it had ended
  TimePoint end;    // out: when it ended in device time; set to `ready` before the task runs
  const std::atomic<bool>* stop = nullptr;  // in: set when a hanging task is to give up
  // In: raised with `stop`, by the stream's abort or end; wakes a task that waits. Both are null
  // for a task that the caller's thread runs.
  Interrupt* interrupt = nullptr;
};

// A queue of device work with a thread of its own. Tasks run in order; one that fails leaves its
// code with the context, and the later ones still run, unless the context stops on failure. Owned
// by Runtime's table or, for a default stream, by its context. Thread-safe.
class Stream {
 public:
  // Returns its code with a message left by Fail() on the stream's thread.
  using Task = std::function<aclError(TaskTime*)>;
  // Called instead of a task that will not run; takes no lock of the stream.
  using OnDrop = std::function<void()>;

  // `virtual_time`: device time follows the profile and not the clock.
  Stream(std::shared_ptr<Context> context, bool virtual_time);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  Context* context() const { return context_.get(); }
  // Unique in the process.
  uint32_t id() const { return id_; }

  // The context's fault when it stopped on failure; the task is then dropped at once.
  aclError Submit(Task task, OnDrop on_drop = nullptr) HOSTACL_EXCLUDES(mutex_);
  // Runs a task that takes next to no time and waits for nothing on the caller's thread when the
  // stream has nothing to do, which saves the wake-up of the stream's thread. False, and nothing
  // was done, when it has. Never with HOSTACL_SHUFFLE, which is there to show who counts on an
  // order that no card promises.
  bool TryRun(const Task& task) HOSTACL_EXCLUDES(mutex_);
  // Waits for all that was submitted before the call; kAborted when Abort came meanwhile.
  WaitResult Wait(std::optional<TimePoint> deadline) HOSTACL_EXCLUDES(mutex_);
  bool Idle() HOSTACL_EXCLUDES(mutex_);
  // Drops what has not begun and ends the running task's waits and hangs; returns when that task
  // has ended. The stream goes on.
  void Abort() HOSTACL_EXCLUDES(mutex_);
  // Drops what has not begun, waits for the running task, which stops hanging, and ends the thread.
  void Stop() HOSTACL_EXCLUDES(mutex_);

  // The thread that runs the stream's callbacks; null when none is subscribed.
  std::shared_ptr<ReportQueue> reports() HOSTACL_EXCLUDES(mutex_);
  void set_reports(std::shared_ptr<ReportQueue> reports) HOSTACL_EXCLUDES(mutex_);
  // The failure mode may be set once. False at the second call.
  bool ClaimFailureMode() HOSTACL_EXCLUDES(mutex_);

 private:
  struct Entry {
    Task task;
    OnDrop on_drop;
    TimePoint enqueued;
    uint32_t thread = 0;  // the one that enqueued it
  };

  static constexpr uint64_t kNobodyWaits = UINT64_MAX;

  // Takes both into the queue. False, with nothing taken, while the stream is aborted or ends.
  bool Push(Task* task, OnDrop* on_drop) HOSTACL_EXCLUDES(mutex_);
  // Takes the idle stream for a task on the caller's thread. False when the stream is not idle.
  bool Claim() HOSTACL_EXCLUDES(mutex_);
  // Counts the running task as completed. True when someone waits for that. `more` (may be null):
  // whether the queue has a task.
  bool EndTask(bool* more) HOSTACL_EXCLUDES(mutex_);
  void Loop() HOSTACL_EXCLUDES(mutex_);
  // Runs one task and hands its fault to the context; by the one thread that set `running_`.
  void Run(const Task& task, TimePoint enqueued, uint32_t thread);
  static void Discard(std::deque<Entry>* dropped);

  const std::shared_ptr<Context> context_;
  const bool virtual_time_;
  const uint32_t id_;
  Interrupt interrupt_;
  Mutex mutex_;
  CondVar work_;      // for the stream's thread: the queue has a task, or the stream ends
  CondVar progress_;  // for those who wait: `awaited_` tasks are completed, or an abort or the end
  std::deque<Entry> queue_ HOSTACL_GUARDED_BY(mutex_);
  uint64_t submitted_ HOSTACL_GUARDED_BY(mutex_) = 0;
  uint64_t completed_ HOSTACL_GUARDED_BY(mutex_) = 0;
  // The least that a waiter waits for, so that the tasks before it wake nobody.
  uint64_t awaited_ HOSTACL_GUARDED_BY(mutex_) = kNobodyWaits;
  uint64_t aborts_ HOSTACL_GUARDED_BY(mutex_) = 0;
  bool running_ HOSTACL_GUARDED_BY(mutex_) = false;
  bool aborting_ HOSTACL_GUARDED_BY(mutex_) = false;
  bool stopping_ HOSTACL_GUARDED_BY(mutex_) = false;
  bool failure_mode_set_ HOSTACL_GUARDED_BY(mutex_) = false;
  std::shared_ptr<ReportQueue> reports_ HOSTACL_GUARDED_BY(mutex_);
  Shuffle shuffle_;  // of the stream's thread only
  // Of the thread that set `running_` only.
  TimePoint previous_end_ = {};
  uint32_t tasks_run_ = 0;  // names a task in a report
  std::thread thread_;      // last: it uses all the above
};

}  // namespace hostacl

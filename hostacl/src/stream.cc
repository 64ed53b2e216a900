// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "stream.h"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include "context.h"
#include "device.h"
#include "exception_info.h"
#include "failure.h"

namespace hostacl {
namespace {

uint32_t NextId() {
  static std::atomic<uint32_t> next{0};
  return ++next;
}

uint32_t ThisThread() {
  thread_local const auto thread = static_cast<uint32_t>(gettid());
  return thread;
}

}  // namespace

Stream::Stream(std::shared_ptr<Context> context, bool virtual_time)
    : context_(std::move(context)),
      virtual_time_(virtual_time),
      id_(NextId()),
      shuffle_(id_),
      thread_([this] { Loop(); }) {
  pthread_setname_np(thread_.native_handle(), "hostacl-stream");
}

Stream::~Stream() { Stop(); }

aclError Stream::Submit(Task task, OnDrop on_drop) {
  const aclError refused = context_->Stopped() ? context_->Health() : ACL_SUCCESS;
  if (refused != ACL_SUCCESS || !Push(&task, &on_drop)) {
    if (on_drop) on_drop();
    return refused;  // success while the stream is aborted: the task is lost, as on a card
  }
  // Not under the lock, which the woken thread takes first.
  work_.NotifyAll();
  return ACL_SUCCESS;
}

bool Stream::TryRun(const Task& task) {
  // A shuffled stream may take its time before any task.
  if (shuffle_.on() || context_->Stopped() || !Claim()) return false;
  Run(task, Clock::now(), ThisThread());
  bool more = false;  // was submitted meanwhile
  if (EndTask(&more)) progress_.NotifyAll();
  if (more) work_.NotifyAll();
  return true;
}

bool Stream::Claim() {
  MutexLock lock(&mutex_);
  if (running_ || !queue_.empty() || stopping_ || aborting_) return false;
  running_ = true;
  ++submitted_;
  return true;
}

bool Stream::Push(Task* task, OnDrop* on_drop) {
  const uint32_t thread = ThisThread();
  MutexLock lock(&mutex_);
  if (stopping_ || aborting_) return false;
  queue_.push_back(Entry{.task = std::move(*task),
                         .on_drop = std::move(*on_drop),
                         .enqueued = Clock::now(),
                         .thread = thread});
  ++submitted_;
  return true;
}

WaitResult Stream::Wait(std::optional<TimePoint> deadline) {
  MutexLock lock(&mutex_);
  const uint64_t target = submitted_;
  const uint64_t aborts = aborts_;
  if (aborting_) return WaitResult::kAborted;
  while (completed_ < target && !stopping_) {
    awaited_ = std::min(awaited_, target);
    if (!deadline) {
      progress_.Wait(&mutex_);
    } else if (!progress_.WaitUntil(&mutex_, *deadline) && completed_ < target) {
      return aborts_ == aborts ? WaitResult::kTimeout : WaitResult::kAborted;
    }
    if (aborts_ != aborts) return WaitResult::kAborted;
  }
  return WaitResult::kDone;
}

bool Stream::Idle() {
  MutexLock lock(&mutex_);
  return completed_ == submitted_;
}

void Stream::Discard(std::deque<Entry>* dropped) {
  for (Entry& entry : *dropped) {
    if (entry.on_drop) entry.on_drop();
  }
  dropped->clear();  // and what the tasks held
}

void Stream::Abort() {
  std::deque<Entry> dropped;
  {
    MutexLock lock(&mutex_);
    aborting_ = true;
    ++aborts_;
    completed_ += queue_.size();
    dropped.swap(queue_);
    progress_.NotifyAll();
  }
  interrupt_.Raise();
  if (FaultPlan* faults = context_->device()->faults()) faults->Wake();
  Discard(&dropped);
  {
    MutexLock lock(&mutex_);
    while (running_ && !stopping_) {
      awaited_ = 0;
      progress_.Wait(&mutex_);
    }
    if (!stopping_) interrupt_.Clear();
    aborting_ = false;
  }
}

void Stream::Stop() {
  std::deque<Entry> dropped;
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    dropped.swap(queue_);
    work_.NotifyAll();
    progress_.NotifyAll();
  }
  interrupt_.Raise();
  if (FaultPlan* faults = context_->device()->faults()) faults->Wake();
  Discard(&dropped);
  if (thread_.joinable()) thread_.join();
  MutexLock lock(&mutex_);
  while (running_) {  // a mark, on the thread that submits it
    awaited_ = 0;
    progress_.Wait(&mutex_);
  }
}

void Stream::Loop() {
  SharpenTimers();
  for (;;) {
    Entry entry;
    {
      MutexLock lock(&mutex_);
      while ((queue_.empty() || running_) && !stopping_) work_.Wait(&mutex_);
      if (stopping_) return;
      entry = std::move(queue_.front());
      queue_.pop_front();
      running_ = true;
    }
    if (const auto delay = shuffle_.Next()) interrupt_.Wait(Clock::now() + *delay);
    if (context_->Stopped()) {
      if (entry.on_drop) entry.on_drop();
    } else {
      Run(entry.task, entry.enqueued, entry.thread);
    }
    entry.task = nullptr;  // releases what the task held before a waiter goes on
    entry.on_drop = nullptr;
    // Not under the lock, which the woken threads take first.
    if (EndTask(nullptr)) progress_.NotifyAll();
  }
}

bool Stream::EndTask(bool* more) {
  MutexLock lock(&mutex_);
  if (more != nullptr) *more = !queue_.empty();
  ++completed_;
  running_ = false;
  if (completed_ < awaited_) return false;
  awaited_ = kNobodyWaits;
  return true;
}

void Stream::Run(const Task& task, TimePoint enqueued, uint32_t thread) {
  TaskTime time{.ready = std::max(enqueued, previous_end_),
                .end = {},
                .stop = interrupt_.flag(),
                .interrupt = &interrupt_};
  time.end = time.ready;
  ++tasks_run_;
  const aclError code = task(&time);
  previous_end_ = virtual_time_ ? time.end : TimePoint{};
  // A task that was told to give up says nothing about the device.
  if (code == ACL_SUCCESS || interrupt_.raised()) return;
  const char* message = TakeRecentMessage();
  context_->Poison(code, message != nullptr ? message : "");
  ReportException(rtExceptionInfo{.task = tasks_run_,
                                  .stream = id_,
                                  .thread = thread,
                                  .device = static_cast<uint32_t>(context_->device()->id()),
                                  .code = static_cast<uint32_t>(code)});
}

std::shared_ptr<ReportQueue> Stream::reports() {
  MutexLock lock(&mutex_);
  return reports_;
}

void Stream::set_reports(std::shared_ptr<ReportQueue> reports) {
  MutexLock lock(&mutex_);
  reports_ = std::move(reports);
}

bool Stream::ClaimFailureMode() {
  MutexLock lock(&mutex_);
  return !std::exchange(failure_mode_set_, true);
}

}  // namespace hostacl

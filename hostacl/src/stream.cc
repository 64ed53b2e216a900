// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "stream.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include "context.h"
#include "device.h"
#include "failure.h"

namespace hostacl {

Stream::Stream(std::shared_ptr<Context> context, bool virtual_time)
    : context_(std::move(context)), virtual_time_(virtual_time), thread_([this] { Loop(); }) {
  pthread_setname_np(thread_.native_handle(), "hostacl-stream");
}

Stream::~Stream() { Stop(); }

void Stream::Submit(Task task) {
  MutexLock lock(&mutex_);
  queue_.push_back(Entry{.task = std::move(task), .enqueued = Clock::now()});
  ++submitted_;
  changed_.NotifyAll();
}

bool Stream::Wait(std::optional<TimePoint> deadline) {
  MutexLock lock(&mutex_);
  const uint64_t target = submitted_;
  while (completed_ < target && !stopping_) {
    if (!deadline) {
      changed_.Wait(&mutex_);
    } else if (!changed_.WaitUntil(&mutex_, *deadline) && completed_ < target) {
      return false;
    }
  }
  return true;
}

bool Stream::Idle() {
  MutexLock lock(&mutex_);
  return completed_ == submitted_;
}

void Stream::Stop() {
  std::deque<Entry> dropped;
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    dropped.swap(queue_);
    changed_.NotifyAll();
  }
  give_up_.store(true);
  if (FaultPlan* faults = context_->device()->faults()) faults->Wake();
  if (thread_.joinable()) thread_.join();
}

void Stream::Loop() {
  SharpenTimers();
  TimePoint previous_end = {};
  for (;;) {
    Entry entry;
    {
      MutexLock lock(&mutex_);
      while (queue_.empty() && !stopping_) changed_.Wait(&mutex_);
      if (stopping_) return;
      entry = std::move(queue_.front());
      queue_.pop_front();
    }
    TaskTime time{.ready = std::max(entry.enqueued, previous_end), .end = {}, .stop = &give_up_};
    time.end = time.ready;
    const aclError code = entry.task(&time);
    if (code != ACL_SUCCESS && !give_up_.load()) {
      const char* message = TakeRecentMessage();
      context_->Poison(code, message != nullptr ? message : "");
    }
    entry.task = nullptr;  // releases what the task held before a waiter goes on
    previous_end = virtual_time_ ? time.end : TimePoint{};
    MutexLock lock(&mutex_);
    ++completed_;
    changed_.NotifyAll();
  }
}

}  // namespace hostacl

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "event.h"

#include <algorithm>

namespace hostacl {

uint64_t Event::BeginRecord() {
  MutexLock lock(&mutex_);
  return ++recorded_;
}

void Event::Complete(uint64_t number, TimePoint device_time) {
  {
    MutexLock lock(&mutex_);
    if (number >= completed_) device_time_ = device_time;
    completed_ = std::max(completed_, number);
  }
  changed_.NotifyAll();  // not under the lock, which the woken threads take first
}

void Event::Drop(uint64_t number) {
  MutexLock lock(&mutex_);
  dropped_ = std::max(dropped_, number);
  changed_.NotifyAll();
}

void Event::Reset(uint64_t number) {
  MutexLock lock(&mutex_);
  reset_ = std::max(reset_, number);
}

uint64_t Event::last_record() {
  MutexLock lock(&mutex_);
  return recorded_;
}

bool Event::IsComplete() {
  MutexLock lock(&mutex_);
  if (recorded_ == 0) return kind_ == Kind::kExFlag;
  return Reached();
}

bool Event::ReachedRecord(uint64_t number) {
  MutexLock lock(&mutex_);
  return completed_ >= number;
}

WaitResult Event::Wait(uint64_t number, std::optional<TimePoint> deadline, TimePoint* device_time) {
  MutexLock lock(&mutex_);
  while (completed_ < number) {
    if (abandoned_ || dropped_ >= number) return WaitResult::kAborted;
    if (!deadline) {
      changed_.Wait(&mutex_);
    } else if (!changed_.WaitUntil(&mutex_, *deadline) && completed_ < number) {
      return WaitResult::kTimeout;
    }
  }
  if (device_time != nullptr) *device_time = device_time_;
  return WaitResult::kDone;
}

WaitResult Event::WaitInStream(uint64_t number, std::optional<TimePoint> deadline,
                               Interrupt* interrupt, TimePoint* device_time) {
  interrupt->SetWake([this] {
    MutexLock lock(&mutex_);
    changed_.NotifyAll();
  });
  WaitResult result = WaitResult::kDone;
  {
    MutexLock lock(&mutex_);
    while (completed_ < number && result == WaitResult::kDone) {
      if (abandoned_ || interrupt->raised()) {
        result = WaitResult::kAborted;
      } else if (!deadline) {
        changed_.Wait(&mutex_);
      } else if (!changed_.WaitUntil(&mutex_, *deadline) && completed_ < number) {
        result = WaitResult::kTimeout;
      }
    }
    *device_time = device_time_;
  }
  interrupt->SetWake(nullptr);
  return result;
}

void Event::BeginWait() {
  MutexLock lock(&mutex_);
  ++waits_;
}

void Event::EndWait() {
  MutexLock lock(&mutex_);
  --waits_;
}

bool Event::AllWaitsEnded() {
  MutexLock lock(&mutex_);
  return waits_ == 0;
}

std::optional<TimePoint> Event::CompletedAt() {
  MutexLock lock(&mutex_);
  if (recorded_ == 0 || !Reached()) return std::nullopt;
  return device_time_;
}

void Event::Abandon() {
  MutexLock lock(&mutex_);
  abandoned_ = true;
  changed_.NotifyAll();
}

}  // namespace hostacl

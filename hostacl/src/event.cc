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
  MutexLock lock(&mutex_);
  if (number >= completed_) device_time_ = device_time;
  completed_ = std::max(completed_, number);
  changed_.NotifyAll();
}

uint64_t Event::last_record() {
  MutexLock lock(&mutex_);
  return recorded_;
}

bool Event::IsComplete() {
  MutexLock lock(&mutex_);
  if (recorded_ == 0) return kind_ == Kind::kExFlag;
  return completed_ >= recorded_;
}

bool Event::Wait(uint64_t number, std::optional<TimePoint> deadline, TimePoint* device_time) {
  MutexLock lock(&mutex_);
  while (completed_ < number && !abandoned_) {
    if (!deadline) {
      changed_.Wait(&mutex_);
    } else if (!changed_.WaitUntil(&mutex_, *deadline) && completed_ < number) {
      return false;
    }
  }
  if (device_time != nullptr) *device_time = device_time_;
  return true;
}

std::optional<TimePoint> Event::CompletedAt() {
  MutexLock lock(&mutex_);
  if (recorded_ == 0 || completed_ < recorded_) return std::nullopt;
  return device_time_;
}

void Event::Abandon() {
  MutexLock lock(&mutex_);
  abandoned_ = true;
  changed_.NotifyAll();
}

}  // namespace hostacl

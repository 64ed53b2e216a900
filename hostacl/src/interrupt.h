// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <utility>

#include "mutex.h"

namespace hostacl {

// How a wait ended.
enum class WaitResult { kDone, kTimeout, kAborted };

// Tells the running task of a stream that the stream is aborted or ends. A task that waits for
// something else says how to wake it. Owned by Stream. Thread-safe.
class Interrupt {
 public:
  bool raised() const { return raised_.load(); }
  const std::atomic<bool>* flag() const { return &raised_; }

  void Raise() HOSTACL_EXCLUDES(mutex_) {
    MutexLock lock(&mutex_);
    raised_.store(true);
    if (wake_) wake_();
    changed_.NotifyAll();
  }

  void Clear() HOSTACL_EXCLUDES(mutex_) {
    MutexLock lock(&mutex_);
    raised_.store(false);
  }

  // `wake` is called by Raise under this object's lock; null takes it away. The waiter looks at
  // raised() after setting it, so that none is lost.
  void SetWake(std::function<void()> wake) HOSTACL_EXCLUDES(mutex_) {
    MutexLock lock(&mutex_);
    wake_ = std::move(wake);
  }

  // Waits for Raise alone. False when the deadline passed first.
  bool Wait(std::optional<TimePoint> deadline) HOSTACL_EXCLUDES(mutex_) {
    MutexLock lock(&mutex_);
    while (!raised_.load()) {
      if (!deadline) {
        changed_.Wait(&mutex_);
      } else if (!changed_.WaitUntil(&mutex_, *deadline) && !raised_.load()) {
        return false;
      }
    }
    return true;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  std::atomic<bool> raised_{false};
  std::function<void()> wake_ HOSTACL_GUARDED_BY(mutex_);
};

}  // namespace hostacl

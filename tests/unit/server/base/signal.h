// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/base/thread_annotations.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "pipelines/base/mutex.h"

namespace omserve {

// Something that happens once and that tests wait for. Unlike absl::Notification it is on our own
// lock, which ThreadSanitizer sees through. Thread-safe.
class Signal {
 public:
  void Notify() {
    MutexLock lock(mutex_);
    happened_ = true;
    wake_.NotifyAll();
  }
  // False when it has not happened in time.
  bool Wait(absl::Duration limit = absl::Seconds(30)) const {
    const absl::Time deadline = absl::Now() + limit;
    MutexLock lock(mutex_);
    while (!happened_ && absl::Now() < deadline) wake_.WaitFor(mutex_, deadline - absl::Now());
    return happened_;
  }
  bool happened() const {
    MutexLock lock(mutex_);
    return happened_;
  }

 private:
  mutable Mutex mutex_;
  mutable CondVar wake_;
  bool happened_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace omserve

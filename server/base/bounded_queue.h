// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "pipelines/base/mutex.h"

namespace omserve {

// A FIFO queue with a limit: a full one refuses instead of growing. Owned by its consumer's owner.
// Thread-safe.
template <typename T>
class BoundedQueue {
 public:
  // REQUIRES: capacity > 0.
  explicit BoundedQueue(size_t capacity) : capacity_(capacity) {}
  BoundedQueue(const BoundedQueue&) = delete;
  BoundedQueue& operator=(const BoundedQueue&) = delete;

  // False when the queue is full or closed; 'value' is left as it was then. Never blocks.
  bool TryPush(T&& value) {
    if (!TryPushQuietly(std::move(value))) return false;
    wake_.NotifyOne();
    return true;
  }
  // The same without waking a consumer: the caller sees to it that the value is taken.
  bool TryPushQuietly(T&& value) {
    MutexLock lock(mutex_);
    if (closed_ || queue_.size() >= capacity_) return false;
    queue_.push_back(std::move(value));
    return true;
  }

  // The next value, if there is one. Never blocks.
  std::optional<T> TryPop() {
    MutexLock lock(mutex_);
    if (queue_.empty()) return std::nullopt;
    std::optional<T> value(std::move(queue_.front()));
    queue_.pop_front();
    return value;
  }

  // Blocks until there is a value, 'timeout' has passed, or the queue is closed; may end sooner.
  void WaitForValue(absl::Duration timeout) {
    MutexLock lock(mutex_);
    if (queue_.empty() && !closed_) wake_.WaitFor(mutex_, timeout);
  }
  // Wakes a consumer, as after TryPushQuietly.
  void Wake() { wake_.NotifyOne(); }

  // Blocks until there is a value, 'timeout' has passed, or the queue is closed and empty; nullopt
  // in the last two cases.
  std::optional<T> Pop(absl::Duration timeout) {
    MutexLock lock(mutex_);
    // A spurious wake-up may only shorten the wait; callers loop anyway.
    if (queue_.empty() && !closed_) wake_.WaitFor(mutex_, timeout);
    if (queue_.empty()) return std::nullopt;
    std::optional<T> value(std::move(queue_.front()));
    queue_.pop_front();
    return value;
  }

  // Refuses new values and wakes the consumers; what is queued can still be taken.
  void Close() {
    {
      MutexLock lock(mutex_);
      closed_ = true;
    }
    wake_.NotifyAll();
  }

  bool drained() const {
    MutexLock lock(mutex_);
    return closed_ && queue_.empty();
  }
  size_t size() const {
    MutexLock lock(mutex_);
    return queue_.size();
  }

 private:
  const size_t capacity_;
  mutable Mutex mutex_;
  CondVar wake_;
  std::deque<T> queue_ ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

// Clang's thread-safety annotations; they mean nothing to another compiler.
#if defined(__clang__)
#define HOSTACL_ANNOTATE(x) __attribute__((x))
#else
#define HOSTACL_ANNOTATE(x)
#endif
#define HOSTACL_CAPABILITY(x) HOSTACL_ANNOTATE(capability(x))
#define HOSTACL_SCOPED HOSTACL_ANNOTATE(scoped_lockable)
#define HOSTACL_GUARDED_BY(x) HOSTACL_ANNOTATE(guarded_by(x))
#define HOSTACL_REQUIRES(...) HOSTACL_ANNOTATE(requires_capability(__VA_ARGS__))
#define HOSTACL_EXCLUDES(...) HOSTACL_ANNOTATE(locks_excluded(__VA_ARGS__))
#define HOSTACL_ACQUIRE(...) HOSTACL_ANNOTATE(acquire_capability(__VA_ARGS__))
#define HOSTACL_TRY_ACQUIRE(...) HOSTACL_ANNOTATE(try_acquire_capability(__VA_ARGS__))
#define HOSTACL_RELEASE(...) HOSTACL_ANNOTATE(release_capability(__VA_ARGS__))

namespace hostacl {

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;

// A std::mutex that clang's thread-safety analysis understands. Owned by what it guards.
// Thread-safe.
class HOSTACL_CAPABILITY("mutex") Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void Lock() HOSTACL_ACQUIRE() { mutex_.lock(); }
  bool TryLock() HOSTACL_TRY_ACQUIRE(true) { return mutex_.try_lock(); }
  void Unlock() HOSTACL_RELEASE() { mutex_.unlock(); }

 private:
  friend class CondVar;
  std::mutex mutex_;
};

// Holds a Mutex for one scope. Owned by the stack; single-thread.
class HOSTACL_SCOPED MutexLock {
 public:
  explicit MutexLock(Mutex* mutex) HOSTACL_ACQUIRE(mutex) : mutex_(mutex) { mutex_->Lock(); }
  ~MutexLock() HOSTACL_RELEASE() { mutex_->Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex* const mutex_;
};

// A condition variable for Mutex. Owned beside its mutex. Thread-safe.
class CondVar {
 public:
  void Wait(Mutex* mutex) HOSTACL_REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex->mutex_, std::adopt_lock);
    condition_.wait(lock);
    lock.release();
  }

  // Returns false when the deadline passed first.
  bool WaitUntil(Mutex* mutex, TimePoint deadline) HOSTACL_REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex->mutex_, std::adopt_lock);
    const bool in_time = condition_.wait_until(lock, deadline) == std::cv_status::no_timeout;
    lock.release();
    return in_time;
  }

  void NotifyAll() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace hostacl

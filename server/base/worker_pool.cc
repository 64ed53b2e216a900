// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/base/worker_pool.h"

#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"

namespace omserve {
namespace {

// How long an idle worker sleeps before it looks again; only a limit, wake-ups are notified.
constexpr absl::Duration kIdleWait = absl::Seconds(1);

}  // namespace

WorkerPool::WorkerPool(const std::string& name, int threads) {
  threads_.reserve(static_cast<size_t>(threads));
  for (int i = 0; i < threads; ++i) {
    threads_.emplace_back(absl::StrCat(name, "-", i), [this] { Run(); });
  }
}

void WorkerPool::Post(Lane lane, absl::AnyInvocable<void()> work) {
  {
    MutexLock lock(mutex_);
    // Posted work is always run, and after Stop() nobody is left to do it: a broken stop order.
    if (stopped_) std::abort();
    queues_[static_cast<size_t>(lane)].push_back(std::move(work));
  }
  wake_.NotifyOne();
}

void WorkerPool::Stop() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  wake_.NotifyAll();
  for (Thread& thread : threads_) thread.Join();
  MutexLock lock(mutex_);
  stopped_ = true;
}

bool WorkerPool::Take(absl::AnyInvocable<void()>& work) {
  for (auto& queue : queues_) {
    if (queue.empty()) continue;
    work = std::move(queue.front());
    queue.pop_front();
    return true;
  }
  return false;
}

void WorkerPool::Run() {
  while (true) {
    absl::AnyInvocable<void()> work;
    {
      MutexLock lock(mutex_);
      while (!Take(work)) {
        // A piece of work that still runs may post another one.
        if (stopping_ && running_ == 0) {
          wake_.NotifyAll();
          return;
        }
        wake_.WaitFor(mutex_, kIdleWait);
      }
      ++running_;
    }
    work();
    work = nullptr;  // what it holds goes before the pool may count it as done
    bool wake_others = false;
    {
      MutexLock lock(mutex_);
      --running_;
      wake_others = stopping_ && running_ == 0;
    }
    if (wake_others) wake_.NotifyAll();
  }
}

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <deque>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "pipelines/base/executor.h"
#include "pipelines/base/mutex.h"
#include "server/base/thread.h"

namespace omserve {

// A fixed number of host worker threads over one FIFO queue a lane. The queues have no limit of
// their own: admission bounds how many requests exist, and each has at most a few posts waiting.
// Owned by the server; outlives everything that posts to it. Thread-safe.
class WorkerPool final : public Executor {
 public:
  // REQUIRES: threads > 0.
  WorkerPool(const std::string& name, int threads);
  ~WorkerPool() override { Stop(); }

  // Never blocks and never runs 'work' inside the call. REQUIRES: Stop() has not returned.
  void Post(Lane lane, absl::AnyInvocable<void()> work) override;
  using Executor::Post;

  // Runs what is queued, and what that posts in turn, then joins the threads. Not to be called
  // from a worker.
  void Stop();

 private:
  void Run();
  // Takes the first work of the first lane that has some; false when none has.
  bool Take(absl::AnyInvocable<void()>& work) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Mutex mutex_;
  CondVar wake_;
  std::array<std::deque<absl::AnyInvocable<void()>>, kLanes> queues_ ABSL_GUARDED_BY(mutex_);
  int running_ ABSL_GUARDED_BY(mutex_) = 0;  // workers inside a piece of work
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<Thread> threads_;
};

}  // namespace omserve

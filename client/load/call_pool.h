// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "absl/time/time.h"
#include "client/load/load_call.h"
#include "client/mutex.h"

namespace omserve::client {

// The call objects of a worker. Thread-safe.
class CallPool {
 public:
  // REQUIRES: 'owner' and 'queue' outlive it.
  CallPool(LoadCall::Owner* owner, grpc::CompletionQueue* queue) : owner_(owner), queue_(queue) {}

  // A call that is not in use; null if there are 'limit' of them already.
  LoadCall* Take(size_t limit) ABSL_LOCKS_EXCLUDED(mutex_);
  void GiveBack(LoadCall* call) ABSL_LOCKS_EXCLUDED(mutex_);
  // Waits until none is in use, 'patience' at most; whether that is so.
  bool WaitUntilIdle(absl::Duration patience) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  LoadCall::Owner* const owner_;
  grpc::CompletionQueue* const queue_;
  Mutex mutex_;
  CondVar all_free_;
  std::vector<std::unique_ptr<LoadCall>> calls_ ABSL_GUARDED_BY(mutex_);
  std::vector<LoadCall*> free_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace omserve::client

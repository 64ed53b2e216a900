// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/call_pool.h"

namespace omserve::client {

LoadCall* CallPool::Take(size_t limit) {
  MutexLock lock(mutex_);
  if (free_.empty()) {
    if (calls_.size() >= limit) {
      return nullptr;
    }
    return calls_.emplace_back(std::make_unique<LoadCall>(owner_, queue_)).get();
  }
  LoadCall* const call = free_.back();
  free_.pop_back();
  return call;
}

void CallPool::GiveBack(LoadCall* call) {
  MutexLock lock(mutex_);
  free_.push_back(call);
  if (free_.size() == calls_.size()) {
    all_free_.NotifyAll();
  }
}

bool CallPool::WaitUntilIdle(absl::Duration patience) {
  MutexLock lock(mutex_);
  if (free_.size() < calls_.size()) {
    all_free_.WaitFor(mutex_, patience);
  }
  return free_.size() == calls_.size();
}

}  // namespace omserve::client

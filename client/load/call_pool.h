// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "client/load/load_call.h"

namespace omserve::client {

// The call objects of a worker. Thread-compatible.
class CallPool {
 public:
  // REQUIRES: 'owner' and 'queue' outlive it.
  CallPool(LoadCall::Owner* owner, grpc::CompletionQueue* queue) : owner_(owner), queue_(queue) {}

  // A call that is not in use; null if there are 'limit' of them already.
  LoadCall* Take(size_t limit);
  void GiveBack(LoadCall* call) { free_.push_back(call); }
  size_t in_use() const { return calls_.size() - free_.size(); }

 private:
  LoadCall::Owner* const owner_;
  grpc::CompletionQueue* const queue_;
  std::vector<std::unique_ptr<LoadCall>> calls_;
  std::vector<LoadCall*> free_;
};

}  // namespace omserve::client

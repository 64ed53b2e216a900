// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/call_pool.h"

namespace omserve::client {

LoadCall* CallPool::Take(size_t limit) {
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

}  // namespace omserve::client

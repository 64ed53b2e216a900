// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "client/mutex.h"

namespace omserve::client {

// Counts calls in flight and never lets more than 'limit' begin. Thread-safe.
class InFlightLimit {
 public:
  // A limit below 1 counts as 1.
  explicit InFlightLimit(int limit) : limit_(limit < 1 ? 1 : limit) {}

  // Blocks until a call may begin. Ends as long as every call that began ends; calls end at their
  // deadline at the latest. Must not be called by the thread that has to call Release.
  void Acquire();
  // REQUIRES: one Acquire before it.
  void Release();
  // Blocks until nothing is in flight.
  void WaitUntilEmpty();

 private:
  const int limit_;
  Mutex mutex_;
  CondVar changed_;
  int in_flight_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace omserve::client

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/in_flight_limit.h"

namespace omserve::client {

void InFlightLimit::Acquire() {
  MutexLock lock(mutex_);
  while (in_flight_ >= limit_) {
    changed_.WaitFor(mutex_, absl::Seconds(1));
  }
  ++in_flight_;
}

void InFlightLimit::Release() {
  MutexLock lock(mutex_);
  --in_flight_;
  // Under the lock: the owner may free this object as soon as it sees zero.
  changed_.NotifyAll();
}

void InFlightLimit::WaitUntilEmpty() {
  MutexLock lock(mutex_);
  while (in_flight_ > 0) {
    changed_.WaitFor(mutex_, absl::Seconds(1));
  }
}

}  // namespace omserve::client

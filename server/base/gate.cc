// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/base/gate.h"

#include <algorithm>

namespace omserve {

std::optional<Gate::Pass> Gate::Enter() {
  MutexLock lock(mutex_);
  if (closed_) return std::nullopt;
  ++inside_;
  return Pass(this);
}

void Gate::Close() {
  MutexLock lock(mutex_);
  closed_ = true;
}

bool Gate::WaitEmpty(absl::Time deadline, const Clock& clock) {
  MutexLock lock(mutex_);
  while (inside_ > 0) {
    const absl::Duration left = deadline - clock.Now();
    if (left <= absl::ZeroDuration()) return false;
    // The clock may not be the real one, so look at it often.
    empty_.WaitFor(mutex_, std::min(left, absl::Milliseconds(50)));
  }
  return true;
}

int Gate::inside() const {
  MutexLock lock(mutex_);
  return inside_;
}

bool Gate::closed() const {
  MutexLock lock(mutex_);
  return closed_;
}

void Gate::Leave() {
  // Notified under the lock: the waiter may destroy the gate as soon as it sees 0.
  MutexLock lock(mutex_);
  if (--inside_ == 0) empty_.NotifyAll();
}

}  // namespace omserve

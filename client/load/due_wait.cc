// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/due_wait.h"

#include <sys/prctl.h>

#include "absl/time/time.h"
#include "client/mutex.h"

namespace omserve::client {

void WakeSharply() { prctl(PR_SET_TIMERSLACK, 1); }  // nanoseconds

void WaitUntil(LoadTime due) {
  Mutex mutex;
  CondVar never;
  MutexLock lock(mutex);
  for (LoadTime now = std::chrono::steady_clock::now(); now < due;
       now = std::chrono::steady_clock::now()) {
    never.WaitFor(mutex, absl::FromChrono(due - now));
  }
}

}  // namespace omserve::client

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/stop_signals.h"

#include <pthread.h>
#include <time.h>

namespace omserve {

StopSignals::StopSignals() {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGTERM);
  sigaddset(&signals_, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

bool StopSignals::Wait(absl::FunctionRef<bool()> tick) const {
  const timespec pause = {0, 250'000'000};
  while (sigtimedwait(&signals_, nullptr, &pause) < 0) {
    if (!tick()) return false;
  }
  return true;
}

}  // namespace omserve

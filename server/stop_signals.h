// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <signal.h>
#include <unistd.h>

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"

namespace omserve {

// SIGTERM and SIGINT as something to wait for. To be made before the first thread, which inherits
// that they are blocked. Single-thread: the main one's.
class StopSignals {
 public:
  StopSignals();

  // Blocks until one of them comes (true) or 'tick', called a few times a second, says that there
  // is no use in going on (false).
  bool Wait(absl::FunctionRef<bool()> tick) const;

  // From now on the process ends with 'kExitCode' after 'limit' at the latest: a device that is
  // lost may also hang, and an orderly stop with it.
  template <int kExitCode>
  static void LeaveWithin(absl::Duration limit) {
    signal(SIGALRM, [](int /*signal*/) { _exit(kExitCode); });
    alarm(static_cast<unsigned>(absl::ToInt64Seconds(absl::Ceil(limit, absl::Seconds(1)))));
  }

 private:
  sigset_t signals_;
};

}  // namespace omserve

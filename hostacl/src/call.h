// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "acl/acl_base.h"

namespace hostacl {

// What a function does that a callback must not do.
enum class CallKind {
  kQuery,       // nothing of the kind
  kHostMemory,  // takes or frees page-locked host memory: reported once, as CANN's own sample does
                // it
  kWork,        // takes or frees device resources, synchronises, or queues work: ends the process
};

// The one door of the C interface: every function that returns an aclError asks it first, under
// its own name, and returns what it says unless that is success. Aborts the process for kWork
// inside a callback. Thread-safe.
aclError EnterCall(const char* function, CallKind kind);

// aclInit and aclFinalize tell it. A process that forks between the two leaves a child without the
// device's threads: there every call is refused (100001). Thread-safe.
void SetStarted(bool started);

// Marks the calling thread as inside a callback of the program. Owned by the stack; single-thread.
class CallbackScope {
 public:
  // `what` names the callback in a report and outlives the scope.
  explicit CallbackScope(const char* what);
  ~CallbackScope();
  CallbackScope(const CallbackScope&) = delete;
  CallbackScope& operator=(const CallbackScope&) = delete;

 private:
  const char* const outer_;
};

}  // namespace hostacl

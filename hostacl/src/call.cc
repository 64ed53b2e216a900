// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "call.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>

namespace hostacl {
namespace {

thread_local const char* current_callback = nullptr;

}  // namespace

aclError EnterCall(const char* function, CallKind kind) {
  if (current_callback != nullptr && kind == CallKind::kWork) {
    std::fprintf(stderr,
                 "hostacl: %s was called inside %s. A callback must not allocate, free, synchronise"
                 " or launch: on a card this can deadlock. Hand the work to another thread.\n",
                 function, current_callback);
    std::abort();
  }
  if (current_callback != nullptr && kind == CallKind::kHostMemory) {
    static std::atomic<bool> said{false};
    if (!said.exchange(true)) {
      std::fprintf(stderr,
                   "hostacl: %s was called inside %s, which the documentation forbids; take the"
                   " host memory before (said once)\n",
                   function, current_callback);
    }
  }
  // FAULT PLAN: the planned fault of this call goes here, as `return plan->AtCall(function);`.
  return ACL_SUCCESS;
}

CallbackScope::CallbackScope(const char* what) : outer_(current_callback) {
  current_callback = what;
}

CallbackScope::~CallbackScope() { current_callback = outer_; }

}  // namespace hostacl

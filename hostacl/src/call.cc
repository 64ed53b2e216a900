// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "call.h"

#include <pthread.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>

#include "failure.h"
#include "runtime.h"

namespace hostacl {
namespace {

thread_local const char* current_callback = nullptr;
std::atomic<bool> is_started{false};
std::atomic<bool> is_orphan{false};  // a fork of a started process

}  // namespace

void SetStarted(bool started) {
  static const int registered = pthread_atfork(nullptr, nullptr, [] {
    if (is_started.load()) is_orphan.store(true);
  });
  (void)registered;
  is_started.store(started);
}

aclError EnterCall(const char* function, CallKind kind) {
  if (is_orphan.load(std::memory_order_relaxed)) {
    return Fail(ACL_ERROR_UNINITIALIZE, function,
                ": this process was forked after aclInit and has no device threads; fork before"
                " aclInit, or start a fresh program");
  }
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
  return Runtime::Get().AtCall(function);
}

CallbackScope::CallbackScope(const char* what) : outer_(current_callback) {
  current_callback = what;
}

CallbackScope::~CallbackScope() { current_callback = outer_; }

}  // namespace hostacl

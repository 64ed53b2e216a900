// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "failure.h"

#include <atomic>
#include <utility>

#include "mutex.h"

namespace hostacl {
namespace {

thread_local std::string pending_message;
thread_local std::string handed_out_message;
thread_local aclError last_error = ACL_SUCCESS;

// The message of the whole process. Never destroyed. Thread-safe.
struct SharedMessage {
  std::atomic<bool> on{false};
  Mutex mutex;
  std::string text HOSTACL_GUARDED_BY(mutex);
};

SharedMessage& Shared() {
  static auto& shared = *new SharedMessage();
  return shared;
}

}  // namespace

aclError FailWith(aclError code, std::string message) {
  last_error = code;
  std::string text = "E" + std::to_string(code) + ": " + std::move(message);
  if (Shared().on.load()) {
    MutexLock lock(&Shared().mutex);
    Shared().text = std::move(text);
  } else {
    pending_message = std::move(text);
  }
  return code;
}

const char* TakeRecentMessage() {
  if (Shared().on.load()) {
    MutexLock lock(&Shared().mutex);
    pending_message = std::move(Shared().text);
    Shared().text.clear();
  }
  if (pending_message.empty()) return nullptr;
  handed_out_message = std::move(pending_message);
  pending_message.clear();
  return handed_out_message.c_str();
}

aclError LastError() { return last_error; }

aclError TakeLastError() { return std::exchange(last_error, ACL_SUCCESS); }

void ShareRecentMessage(bool shared) { Shared().on.store(shared); }

}  // namespace hostacl

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "acl/acl_rt.h"

// What aclrtExceptionInfo is inside. A value; lives for one call of the exception callback.
struct rtExceptionInfo {
  uint32_t task;    // counts the tasks of the stream
  uint32_t stream;  // Stream::id(); 0 for a synchronous execution
  uint32_t thread;  // the system's id of the thread that enqueued the task
  uint32_t device;
  uint32_t code;
};

namespace hostacl {

// The process's exception callback; null takes it away. Thread-safe.
void SetExceptionCallback(aclrtExceptionInfoCallback callback);
// Calls it, when there is one, on the calling thread. Thread-safe.
void ReportException(rtExceptionInfo info);

}  // namespace hostacl

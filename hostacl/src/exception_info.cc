// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "exception_info.h"

#include <atomic>

#include "call.h"
#include "runtime.h"

namespace hostacl {
namespace {

std::atomic<aclrtExceptionInfoCallback> exception_callback{nullptr};

constexpr uint32_t kNoInfo = 0xFFFFFFFF;

}  // namespace

void SetExceptionCallback(aclrtExceptionInfoCallback callback) {
  exception_callback.store(callback);
}

void ReportException(rtExceptionInfo info) {
  const aclrtExceptionInfoCallback callback = exception_callback.load();
  if (callback == nullptr) return;
  const CallbackScope scope("the exception callback");
  callback(&info);
}

}  // namespace hostacl

using hostacl::CallKind;
using hostacl::EnterCall;

aclError aclrtSetExceptionInfoCallback(aclrtExceptionInfoCallback callback) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  if (const aclError error = hostacl::Runtime::Get().CheckInitialized()) return error;
  hostacl::SetExceptionCallback(callback);
  return ACL_SUCCESS;
}

uint32_t aclrtGetTaskIdFromExceptionInfo(const aclrtExceptionInfo* info) {
  return info == nullptr ? hostacl::kNoInfo : info->task;
}
uint32_t aclrtGetStreamIdFromExceptionInfo(const aclrtExceptionInfo* info) {
  return info == nullptr ? hostacl::kNoInfo : info->stream;
}
uint32_t aclrtGetThreadIdFromExceptionInfo(const aclrtExceptionInfo* info) {
  return info == nullptr ? hostacl::kNoInfo : info->thread;
}
uint32_t aclrtGetDeviceIdFromExceptionInfo(const aclrtExceptionInfo* info) {
  return info == nullptr ? hostacl::kNoInfo : info->device;
}
uint32_t aclrtGetErrorCodeFromExceptionInfo(const aclrtExceptionInfo* info) {
  return info == nullptr ? hostacl::kNoInfo : info->code;
}

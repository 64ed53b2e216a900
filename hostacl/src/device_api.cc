// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// The device and context part of acl/acl_rt.h.
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "acl/acl_rt.h"
#include "call.h"
#include "failure.h"
#include "runtime.h"

using hostacl::CallKind;
using hostacl::Clock;
using hostacl::Context;
using hostacl::Device;
using hostacl::EnterCall;
using hostacl::Fail;
using hostacl::Runtime;
using hostacl::Stream;
using hostacl::TimePoint;
using hostacl::WaitResult;

aclError aclrtSetDevice(int32_t deviceId) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  return Runtime::Get().SetDevice(deviceId);
}
aclError aclrtResetDevice(int32_t deviceId) {
  if (const aclError refused = EnterCall(__func__, CallKind::kWork)) return refused;
  return Runtime::Get().ResetDevice(deviceId, /*force=*/false);
}
aclError aclrtResetDeviceForce(int32_t deviceId) {
  if (const aclError refused = EnterCall(__func__, CallKind::kWork)) return refused;
  return Runtime::Get().ResetDevice(deviceId, /*force=*/true);
}

aclError aclrtGetDevice(int32_t* deviceId) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  if (deviceId == nullptr) return Fail(ACL_ERROR_INVALID_PARAM, "aclrtGetDevice: null argument");
  std::shared_ptr<Context> context;
  if (const aclError error = Runtime::Get().Current(&context)) return error;
  *deviceId = context->device()->id();
  return ACL_SUCCESS;
}

aclError aclrtGetDeviceCount(uint32_t* count) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  if (count == nullptr) return Fail(ACL_ERROR_INVALID_PARAM, "aclrtGetDeviceCount: null argument");
  if (const aclError error = Runtime::Get().CheckInitialized()) return error;
  *count = Runtime::Get().device_count();
  return ACL_SUCCESS;
}

aclError aclrtGetRunMode(aclrtRunMode* runMode) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  if (runMode == nullptr) return Fail(ACL_ERROR_INVALID_PARAM, "aclrtGetRunMode: null argument");
  std::shared_ptr<Context> context;
  if (const aclError error = Runtime::Get().Current(&context)) return error;
  *runMode = ACL_HOST;
  return ACL_SUCCESS;
}

namespace {

// Waits for every stream of the current device; 107019 when the deadline passes first.
aclError SynchronizeDevice(std::optional<TimePoint> deadline) {
  std::shared_ptr<Context> current;
  if (const aclError error = Runtime::Get().Current(&current)) return error;
  std::vector<std::shared_ptr<Stream>> streams;
  for (const auto& stream : Runtime::Get().streams().All()) {
    if (stream->context()->device() == current->device()) streams.push_back(stream);
  }
  std::vector<std::shared_ptr<Context>> contexts;
  for (const auto& context : Runtime::Get().contexts().All()) {
    if (context->device() != current->device()) continue;
    contexts.push_back(context);
    streams.push_back(context->DefaultStream());
  }
  for (const auto& stream : streams) {
    const WaitResult result = stream->Wait(deadline);
    if (result == WaitResult::kTimeout) {
      return Fail(ACL_ERROR_RT_WAIT_TIMEOUT,
                  "the device did not end its work in time; the work"
                  " goes on, so its buffers are still in use");
    }
    if (result == WaitResult::kAborted) {
      return Fail(ACL_ERROR_RT_STREAM_ABORT, "a stream of the device was aborted meanwhile");
    }
  }
  aclError first = ACL_SUCCESS;
  for (const auto& context : contexts) {
    const aclError health = context->Health();
    if (first == ACL_SUCCESS) first = health;
  }
  return first;
}

}  // namespace

aclError aclrtSynchronizeDevice() {
  if (const aclError refused = EnterCall(__func__, CallKind::kWork)) return refused;
  return SynchronizeDevice(std::nullopt);
}

aclError aclrtSynchronizeDeviceWithTimeout(int32_t timeout) {
  if (const aclError refused = EnterCall(__func__, CallKind::kWork)) return refused;
  if (timeout == 0 || timeout < -1) {
    return Fail(ACL_ERROR_RT_PARAM_INVALID,
                "aclrtSynchronizeDeviceWithTimeout: the timeout is -1 or above 0, not ", timeout);
  }
  std::optional<TimePoint> deadline;
  if (timeout > 0) deadline = Clock::now() + std::chrono::milliseconds(timeout);
  return SynchronizeDevice(deadline);
}

aclError aclrtCreateContext(aclrtContext* context, int32_t deviceId) {
  if (const aclError refused = EnterCall(__func__, CallKind::kWork)) return refused;
  if (context == nullptr) return Fail(ACL_ERROR_INVALID_PARAM, "aclrtCreateContext: null argument");
  Device* device = nullptr;
  if (const aclError error = Runtime::Get().FindDevice(deviceId, &device)) return error;
  if (!Runtime::Get().MayCreateContext(deviceId)) {
    return Fail(ACL_ERROR_RT_CONTEXT_NULL,
                "aclrtCreateContext: with a default device in aclInit's"
                " configuration, call aclrtSetDevice first");
  }
  *context =
      Runtime::Get().contexts().Insert(std::make_shared<Context>(device, /*is_default=*/false));
  Runtime::Bind(*context);
  return ACL_SUCCESS;
}

aclError aclrtDestroyContext(aclrtContext context) {
  if (const aclError refused = EnterCall(__func__, CallKind::kWork)) return refused;
  Runtime& runtime = Runtime::Get();
  if (const aclError error = runtime.CheckInitialized()) return error;
  if (context == nullptr) return Fail(ACL_ERROR_INVALID_PARAM, "aclrtDestroyContext: null");
  const std::shared_ptr<Context> doomed = runtime.contexts().Find(context);
  if (doomed == nullptr) {
    return Fail(ACL_ERROR_RT_INVALID_HANDLE, "aclrtDestroyContext: no live context");
  }
  if (doomed->is_default()) {
    return Fail(ACL_ERROR_RT_PARAM_INVALID,
                "aclrtDestroyContext: this is the default context of"
                " aclrtSetDevice; end it with aclrtResetDevice");
  }
  const std::string left = runtime.Leftovers(doomed.get());
  if (!left.empty()) {
    return Fail(ACL_ERROR_RT_PARAM_INVALID, "aclrtDestroyContext: the context still has ", left,
                "; unload its models and destroy its streams first");
  }
  runtime.contexts().Remove(context);
  doomed->Close();
  if (Runtime::bound_handle() == context) Runtime::Bind(nullptr);
  return ACL_SUCCESS;
}

aclError aclrtSetCurrentContext(aclrtContext context) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  if (const aclError error = Runtime::Get().CheckInitialized()) return error;
  if (context == nullptr) return Fail(ACL_ERROR_INVALID_PARAM, "aclrtSetCurrentContext: null");
  if (Runtime::Get().contexts().Find(context) == nullptr) {
    return Fail(ACL_ERROR_RT_INVALID_HANDLE, "aclrtSetCurrentContext: no live context");
  }
  Runtime::Bind(context);
  return ACL_SUCCESS;
}

aclError aclrtGetCurrentContext(aclrtContext* context) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  if (context == nullptr) return Fail(ACL_ERROR_INVALID_PARAM, "aclrtGetCurrentContext: null");
  std::shared_ptr<Context> current;
  if (const aclError error = Runtime::Get().Current(&current)) return error;
  *context = Runtime::bound_handle();
  return ACL_SUCCESS;
}

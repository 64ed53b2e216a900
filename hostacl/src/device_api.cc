// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// The device and context part of acl/acl_rt.h.
#include <memory>
#include <string>

#include "acl/acl_rt.h"
#include "failure.h"
#include "runtime.h"

using hostacl::Context;
using hostacl::Device;
using hostacl::Fail;
using hostacl::Runtime;

aclError aclrtSetDevice(int32_t deviceId) { return Runtime::Get().SetDevice(deviceId); }
aclError aclrtResetDevice(int32_t deviceId) { return Runtime::Get().ResetDevice(deviceId); }

aclError aclrtGetDevice(int32_t* deviceId) {
  if (deviceId == nullptr) return Fail(ACL_ERROR_INVALID_PARAM, "aclrtGetDevice: null argument");
  std::shared_ptr<Context> context;
  if (const aclError error = Runtime::Get().Current(&context)) return error;
  *deviceId = context->device()->id();
  return ACL_SUCCESS;
}

aclError aclrtGetDeviceCount(uint32_t* count) {
  if (count == nullptr) return Fail(ACL_ERROR_INVALID_PARAM, "aclrtGetDeviceCount: null argument");
  if (const aclError error = Runtime::Get().CheckInitialized()) return error;
  *count = Runtime::Get().device_count();
  return ACL_SUCCESS;
}

aclError aclrtGetRunMode(aclrtRunMode* runMode) {
  if (runMode == nullptr) return Fail(ACL_ERROR_INVALID_PARAM, "aclrtGetRunMode: null argument");
  std::shared_ptr<Context> context;
  if (const aclError error = Runtime::Get().Current(&context)) return error;
  *runMode = ACL_HOST;
  return ACL_SUCCESS;
}

aclError aclrtSynchronizeDevice() {
  std::shared_ptr<Context> current;
  if (const aclError error = Runtime::Get().Current(&current)) return error;
  for (const auto& stream : Runtime::Get().streams().All()) {
    if (stream->context()->device() == current->device()) stream->Wait(std::nullopt);
  }
  aclError first = ACL_SUCCESS;
  for (const auto& context : Runtime::Get().contexts().All()) {
    if (context->device() != current->device()) continue;
    context->DefaultStream()->Wait(std::nullopt);
    const aclError health = context->Health();
    if (first == ACL_SUCCESS) first = health;
  }
  return first;
}

aclError aclrtCreateContext(aclrtContext* context, int32_t deviceId) {
  if (context == nullptr) return Fail(ACL_ERROR_INVALID_PARAM, "aclrtCreateContext: null argument");
  Device* device = nullptr;
  if (const aclError error = Runtime::Get().FindDevice(deviceId, &device)) return error;
  *context =
      Runtime::Get().contexts().Insert(std::make_shared<Context>(device, /*is_default=*/false));
  Runtime::Bind(*context);
  return ACL_SUCCESS;
}

aclError aclrtDestroyContext(aclrtContext context) {
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
  if (const aclError error = Runtime::Get().CheckInitialized()) return error;
  if (context == nullptr) return Fail(ACL_ERROR_INVALID_PARAM, "aclrtSetCurrentContext: null");
  if (Runtime::Get().contexts().Find(context) == nullptr) {
    return Fail(ACL_ERROR_RT_INVALID_HANDLE, "aclrtSetCurrentContext: no live context");
  }
  Runtime::Bind(context);
  return ACL_SUCCESS;
}

aclError aclrtGetCurrentContext(aclrtContext* context) {
  if (context == nullptr) return Fail(ACL_ERROR_INVALID_PARAM, "aclrtGetCurrentContext: null");
  std::shared_ptr<Context> current;
  if (const aclError error = Runtime::Get().Current(&current)) return error;
  *context = Runtime::bound_handle();
  return ACL_SUCCESS;
}

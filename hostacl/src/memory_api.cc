// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// The memory part of acl/acl_rt.h.
#include <cstring>
#include <memory>

#include "acl/acl_rt.h"
#include "copy.h"
#include "failure.h"
#include "runtime.h"

using hostacl::Context;
using hostacl::Copy;
using hostacl::Device;
using hostacl::Fail;
using hostacl::Runtime;
using hostacl::Stream;
using hostacl::TaskTime;

aclError aclrtMalloc(void** devPtr, size_t size, aclrtMemMallocPolicy policy) {
  (void)policy;  // page sizes make no difference here
  if (devPtr == nullptr || size == 0) {
    return Fail(ACL_ERROR_RT_PARAM_INVALID, "aclrtMalloc: null argument or size 0");
  }
  std::shared_ptr<Context> context;
  if (const aclError error = Runtime::Get().Current(&context)) return error;
  void* address = context->device()->arena().Allocate(size, /*fill=*/true);
  if (address == nullptr) {
    return Fail(ACL_ERROR_RT_MEMORY_ALLOCATION, "device ", context->device()->id(),
                " has no room for ", size,
                " bytes (free: ", context->device()->arena().free_bytes(),
                "; HOSTACL_DEVICE_MEMORY_MIB)");
  }
  *devPtr = address;
  return ACL_SUCCESS;
}

aclError aclrtMallocAlign32(void** devPtr, size_t size, aclrtMemMallocPolicy policy) {
  return aclrtMalloc(devPtr, size, policy);
}

aclError aclrtFree(void* devPtr) {
  if (devPtr == nullptr) return Fail(ACL_ERROR_RT_PARAM_INVALID, "aclrtFree: null pointer");
  std::shared_ptr<Context> context;
  if (const aclError error = Runtime::Get().Current(&context)) return error;
  Device* owner = Runtime::Get().OwnerOf(devPtr);
  if (owner == nullptr) {
    return Fail(ACL_ERROR_RT_MEMORY_TYPE, "aclrtFree: ", devPtr,
                " is no device address; page-"
                "locked host memory is freed by aclrtFreeHost");
  }
  return owner->arena().Free(devPtr);
}

aclError aclrtMallocHost(void** hostPtr, size_t size) {
  if (hostPtr == nullptr || size == 0) {
    return Fail(ACL_ERROR_RT_PARAM_INVALID, "aclrtMallocHost: null argument or size 0");
  }
  std::shared_ptr<Context> context;
  if (const aclError error = Runtime::Get().Current(&context)) return error;
  *hostPtr = Runtime::Get().MallocHost(size);
  if (*hostPtr == nullptr) return Fail(ACL_ERROR_RT_MEMORY_ALLOCATION, "no host memory");
  return ACL_SUCCESS;
}

aclError aclrtFreeHost(void* hostPtr) {
  if (hostPtr == nullptr) return Fail(ACL_ERROR_RT_PARAM_INVALID, "aclrtFreeHost: null pointer");
  if (Runtime::Get().OwnerOf(hostPtr) != nullptr) {
    return Fail(ACL_ERROR_RT_MEMORY_TYPE, "aclrtFreeHost: ", hostPtr,
                " is a device address; free"
                " it by aclrtFree");
  }
  if (Runtime::Get().FreeHost(hostPtr)) return ACL_SUCCESS;
  return Fail(ACL_ERROR_RT_PARAM_INVALID, "aclrtFreeHost: ", hostPtr,
              " is not the start of a live"
              " aclrtMallocHost block: freed before, or pageable memory");
}

aclError aclrtMemcpy(void* dst, size_t destMax, const void* src, size_t count,
                     aclrtMemcpyKind kind) {
  std::shared_ptr<Context> context;
  if (const aclError error = Runtime::Get().Current(&context)) return error;
  Copy copy(dst, destMax, src, count, kind);
  if (const aclError error = copy.Prepare(context.get(), /*async=*/false)) return error;
  TaskTime time{.ready = hostacl::Clock::now(), .end = {}};
  return copy.Run(&time);
}

aclError aclrtMemcpyAsync(void* dst, size_t destMax, const void* src, size_t count,
                          aclrtMemcpyKind kind, aclrtStream stream_handle) {
  std::shared_ptr<Context> context;
  if (const aclError error = Runtime::Get().Current(&context)) return error;
  std::shared_ptr<Stream> stream;
  if (const aclError error = Runtime::Get().FindStream(stream_handle, context, &stream)) {
    return error;
  }
  auto copy = std::make_shared<Copy>(dst, destMax, src, count, kind);
  if (const aclError error = copy->Prepare(context.get(), /*async=*/true)) return error;
  stream->Submit([copy](TaskTime* time) -> aclError { return copy->Run(time); });
  return ACL_SUCCESS;
}

namespace {

aclError CheckFill(const void* devPtr, size_t maxCount, size_t count, Device** owner) {
  *owner = Runtime::Get().OwnerOf(devPtr);
  if (*owner == nullptr || count == 0 || count > maxCount) {
    return Fail(ACL_ERROR_RT_PARAM_INVALID,
                "aclrtMemset: needs a device address and 0 < count <="
                " maxCount; count ",
                count, ", maxCount ", maxCount);
  }
  return ACL_SUCCESS;
}

}  // namespace

aclError aclrtMemset(void* devPtr, size_t maxCount, int32_t value, size_t count) {
  std::shared_ptr<Context> context;
  if (const aclError error = Runtime::Get().Current(&context)) return error;
  Device* owner = nullptr;
  if (const aclError error = CheckFill(devPtr, maxCount, count, &owner)) return error;
  uint8_t* bytes = owner->arena().Pin(devPtr, count);
  if (bytes == nullptr) {
    return Fail(ACL_ERROR_RT_PARAM_INVALID, "aclrtMemset: the range leaves its allocation");
  }
  std::memset(bytes, value, count);
  owner->arena().Unpin(devPtr);
  return ACL_SUCCESS;
}

aclError aclrtMemsetAsync(void* devPtr, size_t maxCount, int32_t value, size_t count,
                          aclrtStream stream_handle) {
  std::shared_ptr<Context> context;
  if (const aclError error = Runtime::Get().Current(&context)) return error;
  std::shared_ptr<Stream> stream;
  if (const aclError error = Runtime::Get().FindStream(stream_handle, context, &stream)) {
    return error;
  }
  Device* owner = nullptr;
  if (const aclError error = CheckFill(devPtr, maxCount, count, &owner)) return error;
  uint8_t* bytes = owner->arena().Pin(devPtr, count);
  if (bytes == nullptr) {
    return Fail(ACL_ERROR_RT_PARAM_INVALID, "aclrtMemsetAsync: the range leaves its allocation");
  }
  stream->Submit([owner, devPtr, bytes, value, count](TaskTime*) -> aclError {
    std::memset(bytes, value, count);
    owner->arena().Unpin(devPtr);
    return ACL_SUCCESS;
  });
  return ACL_SUCCESS;
}

aclError aclrtGetMemInfo(aclrtMemAttr attr, size_t* free, size_t* total) {
  (void)attr;  // a part without HBM reports its DDR for both
  if (free == nullptr || total == nullptr) {
    return Fail(ACL_ERROR_INVALID_PARAM, "aclrtGetMemInfo: null argument");
  }
  std::shared_ptr<Context> context;
  if (const aclError error = Runtime::Get().Current(&context)) return error;
  *free = context->device()->arena().free_bytes();
  *total = context->device()->arena().capacity();
  return ACL_SUCCESS;
}

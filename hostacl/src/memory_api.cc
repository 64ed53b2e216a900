// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// The memory part of acl/acl_rt.h.
#include <memory>

#include "acl/acl_rt.h"
#include "call.h"
#include "copy.h"
#include "failure.h"
#include "fill.h"
#include "runtime.h"

using hostacl::CallKind;
using hostacl::Context;
using hostacl::Copy;
using hostacl::Device;
using hostacl::EnterCall;
using hostacl::Fail;
using hostacl::Fill;
using hostacl::Runtime;
using hostacl::Stream;
using hostacl::TaskTime;

namespace {

bool KnownPolicy(aclrtMemMallocPolicy policy) {
  constexpr int kTypes = ACL_MEM_TYPE_LOW_BAND_WIDTH | ACL_MEM_TYPE_HIGH_BAND_WIDTH |
                         ACL_MEM_ACCESS_USER_SPACE_READONLY;
  const int value = static_cast<int>(policy);
  const int pages = value & ~kTypes;
  const int both = ACL_MEM_TYPE_LOW_BAND_WIDTH | ACL_MEM_TYPE_HIGH_BAND_WIDTH;
  return pages >= ACL_MEM_MALLOC_HUGE_FIRST && pages <= ACL_MEM_MALLOC_HUGE1G_ONLY_P2P &&
         (value & both) != both;
}

// Page sizes make no difference here; all three ways of allocation take the same pieces.
aclError Allocate(const char* function, void** devPtr, size_t size, aclrtMemMallocPolicy policy) {
  if (devPtr == nullptr || size == 0) {
    return Fail(ACL_ERROR_INVALID_PARAM, function, ": null argument or size 0");
  }
  if (!KnownPolicy(policy)) {
    return Fail(ACL_ERROR_RT_INVALID_MALLOC_TYPE, function, ": unknown policy ",
                static_cast<int>(policy));
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

aclError Release(const char* function, void* devPtr) {
  if (devPtr == nullptr) return Fail(ACL_ERROR_INVALID_PARAM, function, ": null pointer");
  std::shared_ptr<Context> context;
  if (const aclError error = Runtime::Get().Current(&context)) return error;
  Device* owner = Runtime::Get().OwnerOf(devPtr);
  if (owner == nullptr) {
    return Fail(ACL_ERROR_RT_INVALID_MEMORY_TYPE, function, ": ", devPtr,
                " is no device address; page-locked host memory is freed by aclrtFreeHost");
  }
  return owner->arena().Free(devPtr);
}

aclError AllocateHost(const char* function, void** hostPtr, size_t size) {
  if (hostPtr == nullptr || size == 0) {
    return Fail(ACL_ERROR_INVALID_PARAM, function, ": null argument or size 0");
  }
  std::shared_ptr<Context> context;
  if (const aclError error = Runtime::Get().Current(&context)) return error;
  *hostPtr = Runtime::Get().MallocHost(size);
  if (*hostPtr == nullptr) {
    return Fail(ACL_ERROR_RT_MEMORY_ALLOCATION, function, ": no host memory for ", size, " bytes");
  }
  return ACL_SUCCESS;
}

aclError ReleaseHost(const char* function, void* hostPtr) {
  if (hostPtr == nullptr) return Fail(ACL_ERROR_INVALID_PARAM, function, ": null pointer");
  if (Runtime::Get().OwnerOf(hostPtr) != nullptr) {
    return Fail(ACL_ERROR_RT_INVALID_MEMORY_TYPE, function, ": ", hostPtr,
                " is a device address; free it by aclrtFree");
  }
  int users = 0;
  if (Runtime::Get().FreeHost(hostPtr, &users)) return ACL_SUCCESS;
  if (users > 0) {
    return Fail(ACL_ERROR_RT_PARAM_INVALID, function, ": ", hostPtr, " is used by ", users,
                " queued task(s); a card would copy from or to freed memory: synchronise the stream"
                " first");
  }
  return Fail(ACL_ERROR_RT_PARAM_INVALID, function, ": ", hostPtr,
              " is not the start of a live aclrtMallocHost block: freed before, or pageable"
              " memory");
}

}  // namespace

aclError aclrtMalloc(void** devPtr, size_t size, aclrtMemMallocPolicy policy) {
  if (const aclError refused = EnterCall(__func__, CallKind::kWork)) return refused;
  return Allocate(__func__, devPtr, size, policy);
}
aclError aclrtMallocAlign32(void** devPtr, size_t size, aclrtMemMallocPolicy policy) {
  if (const aclError refused = EnterCall(__func__, CallKind::kWork)) return refused;
  return Allocate(__func__, devPtr, size, policy);
}
aclError aclrtMallocCached(void** devPtr, size_t size, aclrtMemMallocPolicy policy) {
  if (const aclError refused = EnterCall(__func__, CallKind::kWork)) return refused;
  return Allocate(__func__, devPtr, size, policy);
}

aclError aclrtMallocWithCfg(void** devPtr, size_t size, aclrtMemMallocPolicy policy,
                            aclrtMallocConfig*) {
  if (const aclError refused = EnterCall(__func__, CallKind::kWork)) return refused;
  return Allocate(__func__, devPtr, size, policy);
}

aclError aclrtFree(void* devPtr) {
  if (const aclError refused = EnterCall(__func__, CallKind::kWork)) return refused;
  return Release(__func__, devPtr);
}

aclError aclrtFreeWithDevSync(void* devPtr) {
  if (const aclError refused = EnterCall(__func__, CallKind::kWork)) return refused;
  if (devPtr == nullptr) return Fail(ACL_ERROR_INVALID_PARAM, __func__, ": null pointer");
  // The device's own error is told by a synchronisation; the memory is freed all the same.
  if (aclrtSynchronizeDevice() == ACL_ERROR_RT_CONTEXT_NULL) return ACL_ERROR_RT_CONTEXT_NULL;
  return Release(__func__, devPtr);
}

aclError aclrtMallocHost(void** hostPtr, size_t size) {
  if (const aclError refused = EnterCall(__func__, CallKind::kHostMemory)) return refused;
  return AllocateHost(__func__, hostPtr, size);
}

aclError aclrtMallocHostWithCfg(void** ptr, uint64_t size, aclrtMallocConfig* cfg) {
  if (const aclError refused = EnterCall(__func__, CallKind::kHostMemory)) return refused;
  for (size_t i = 0; cfg != nullptr && i < cfg->numAttrs; ++i) {
    // Device ids belong to device memory.
    if (cfg->attrs != nullptr && (cfg->attrs[i].attr == ACL_RT_MEM_ATTR_MODULE_ID ||
                                  cfg->attrs[i].attr == ACL_RT_MEM_ATTR_VA_FLAG)) {
      continue;
    }
    return Fail(ACL_ERROR_RT_PARAM_INVALID, __func__, ": attribute ", i,
                " is not one of host memory");
  }
  return AllocateHost(__func__, ptr, size);
}

aclError aclrtFreeHost(void* hostPtr) {
  if (const aclError refused = EnterCall(__func__, CallKind::kHostMemory)) return refused;
  return ReleaseHost(__func__, hostPtr);
}

aclError aclrtFreeHostWithDevSync(void* hostPtr) {
  if (const aclError refused = EnterCall(__func__, CallKind::kWork)) return refused;
  if (hostPtr == nullptr) return Fail(ACL_ERROR_INVALID_PARAM, __func__, ": null pointer");
  std::shared_ptr<Context> context;
  if (const aclError error = Runtime::Get().Current(&context)) return error;
  (void)aclrtSynchronizeDevice();
  return ReleaseHost(__func__, hostPtr);
}

aclError aclrtPointerGetAttributes(const void* ptr, aclrtPtrAttributes* attributes) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  if (ptr == nullptr || attributes == nullptr) {
    return Fail(ACL_ERROR_INVALID_PARAM, __func__, ": null argument");
  }
  std::shared_ptr<Context> context;
  if (const aclError error = Runtime::Get().Current(&context)) return error;
  *attributes = aclrtPtrAttributes{};
  attributes->location.type = ACL_MEM_LOCATION_TYPE_UNREGISTERED;
  if (Device* owner = Runtime::Get().OwnerOf(ptr)) {
    attributes->location.type = ACL_MEM_LOCATION_TYPE_DEVICE;
    attributes->location.id = static_cast<uint32_t>(owner->id());
    attributes->pageSize = 2u << 20;
  } else if (Runtime::Get().IsPinnedHost(ptr, 1)) {
    attributes->location.type = ACL_MEM_LOCATION_TYPE_HOST;
    attributes->pageSize = 4096;
  }
  return ACL_SUCCESS;
}

aclError aclrtMemcpy(void* dst, size_t destMax, const void* src, size_t count,
                     aclrtMemcpyKind kind) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  std::shared_ptr<Context> context;
  if (const aclError error = Runtime::Get().Current(&context)) return error;
  Copy copy(dst, destMax, src, count, kind);
  if (const aclError error = copy.Prepare(context.get(), /*queue=*/nullptr)) return error;
  TaskTime time{.ready = hostacl::Clock::now(), .end = {}};
  return copy.Run(&time);
}

aclError aclrtMemcpyAsync(void* dst, size_t destMax, const void* src, size_t count,
                          aclrtMemcpyKind kind, aclrtStream stream_handle) {
  if (const aclError refused = EnterCall(__func__, CallKind::kWork)) return refused;
  std::shared_ptr<Context> context;
  if (const aclError error = Runtime::Get().Current(&context)) return error;
  std::shared_ptr<Stream> stream;
  if (const aclError error = Runtime::Get().FindStream(stream_handle, context, &stream)) {
    return error;
  }
  Copy copy(dst, destMax, src, count, kind);
  if (const aclError error = copy.Prepare(context.get(), stream.get())) return error;
  if (copy.Short() && stream->TryRun([&](TaskTime* time) { return copy.Run(time); })) {
    return ACL_SUCCESS;
  }
  return stream->Submit([kept = std::make_shared<Copy>(std::move(copy))](
                            TaskTime* time) -> aclError { return kept->Run(time); });
}

aclError aclrtMemset(void* devPtr, size_t maxCount, int32_t value, size_t count) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  std::shared_ptr<Context> context;
  if (const aclError error = Runtime::Get().Current(&context)) return error;
  Fill fill(devPtr, value, count);
  if (const aclError error = fill.Prepare(__func__, maxCount, /*queue=*/nullptr)) return error;
  fill.Run();
  return ACL_SUCCESS;
}

aclError aclrtMemsetAsync(void* devPtr, size_t maxCount, int32_t value, size_t count,
                          aclrtStream stream_handle) {
  if (const aclError refused = EnterCall(__func__, CallKind::kWork)) return refused;
  std::shared_ptr<Context> context;
  if (const aclError error = Runtime::Get().Current(&context)) return error;
  std::shared_ptr<Stream> stream;
  if (const aclError error = Runtime::Get().FindStream(stream_handle, context, &stream)) {
    return error;
  }
  Fill fill(devPtr, value, count);
  if (const aclError error = fill.Prepare(__func__, maxCount, stream.get())) return error;
  const bool few = count <= hostacl::kFewBytes;  // takes no time, with a profile, either
  const auto run = [](Fill& one) -> aclError {
    one.Run();
    return ACL_SUCCESS;
  };
  if (few && stream->TryRun([&](TaskTime*) { return run(fill); })) return ACL_SUCCESS;
  return stream->Submit(
      [run, kept = std::make_shared<Fill>(std::move(fill))](TaskTime*) { return run(*kept); });
}

aclError aclrtGetMemInfo(aclrtMemAttr attr, size_t* free, size_t* total) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  // A part without HBM tells its DDR for both, and all pages are one kind here.
  if (attr < ACL_DDR_MEM || attr > ACL_HBM_MEM_P2P_HUGE1G) {
    return Fail(ACL_ERROR_RT_PARAM_INVALID, "aclrtGetMemInfo: unknown attribute ",
                static_cast<int>(attr));
  }
  if (free == nullptr || total == nullptr) {
    return Fail(ACL_ERROR_INVALID_PARAM, "aclrtGetMemInfo: null argument");
  }
  std::shared_ptr<Context> context;
  if (const aclError error = Runtime::Get().Current(&context)) return error;
  *free = context->device()->arena().free_bytes();
  *total = context->device()->arena().capacity();
  return ACL_SUCCESS;
}

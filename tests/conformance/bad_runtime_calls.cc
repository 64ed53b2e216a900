// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include <climits>

#include "calls.h"

#define BAD(codes, name, ...)  \
  {#name "(" #__VA_ARGS__ ")", \
   [](const Arguments& a) {    \
     (void)a;                  \
     return name(__VA_ARGS__); \
   },                          \
   codes}

namespace conformance {
namespace {

// The layer that finds a wrong argument decides which code says so. The interface itself finds null
// pointers, sizes of zero and enums that it translates; the runtime finds the rest. (CANN's open
// sources: hicann/runtime at 681ef761, src/acl/aclrt_impl.)
const std::vector<aclError> kInvalid = {ACL_ERROR_INVALID_PARAM};
const std::vector<aclError> kRefused = {ACL_ERROR_RT_PARAM_INVALID};
// The runtime finds it; in which words depends on the chip.
const std::vector<aclError> kLikelyRefused = {ACL_ERROR_RT_PARAM_INVALID,
                                              ACL_ERROR_RT_FEATURE_NOT_SUPPORT};
const std::vector<aclError> kNoSuchDevice = {ACL_ERROR_RT_INVALID_DEVICEID,
                                             ACL_ERROR_INVALID_DEVICE};
// The newest releases do it.
const std::vector<aclError> kInvalidOrDone = {ACL_ERROR_INVALID_PARAM, ACL_SUCCESS};
// A card answers, and fills in -1 for all.
const std::vector<aclError> kNoSuchDeviceOrNothing = {ACL_ERROR_RT_INVALID_DEVICEID, ACL_SUCCESS};
const std::vector<aclError> kMemoryType = {ACL_ERROR_RT_INVALID_MEMORY_TYPE,
                                           ACL_ERROR_RT_PARAM_INVALID};

void Nothing(void*) {}

}  // namespace

std::vector<BadCall> BadDeviceCalls() {
  static int32_t number;
  static aclrtContext context;
  static aclrtDeviceStatus status;
  static aclrtUtilizationInfo use;
  static int64_t value;
  static aclrtUuid uuid;
  static aclrtMemUsageInfo usage;
  static size_t number_of;
  return {
      BAD(kNoSuchDevice, aclrtSetDevice, -1),
      BAD(kNoSuchDevice, aclrtSetDevice, INT_MAX),
      BAD(kNoSuchDevice, aclrtResetDevice, -1),
      BAD(kNoSuchDevice, aclrtResetDeviceForce, 999),
      BAD(kNoSuchDevice, aclrtQueryDeviceStatus, 999, &status),
      BAD(kNoSuchDevice, aclrtCreateContext, &context, 999),
      BAD(kNoSuchDeviceOrNothing, aclrtGetDeviceUtilizationRate, 999, &use),
      BAD(kNoSuchDevice, aclrtGetDeviceInfo, 999, ACL_DEV_ATTR_AICORE_CORE_NUM, &value),
      BAD(kInvalid, aclrtPeekAtLastError, static_cast<aclrtLastErrLevel>(1)),
      BAD(kInvalid, aclrtGetLastError, static_cast<aclrtLastErrLevel>(1)),
      BAD(kInvalid, aclrtGetDeviceCount, nullptr),
      BAD(kInvalid, aclrtGetDevice, nullptr),
      BAD(kInvalid, aclrtGetRunMode, nullptr),
      BAD(kInvalid, aclrtQueryDeviceStatus, 0, nullptr),
      BAD(kInvalid, aclrtGetDeviceUtilizationRate, 0, nullptr),
      BAD(kInvalid, aclrtCreateContext, nullptr, 0),
      BAD(kInvalid, aclrtDestroyContext, nullptr),
      BAD(kInvalid, aclrtSetCurrentContext, nullptr),
      BAD(kInvalid, aclrtGetCurrentContext, nullptr),
      BAD(kInvalid, aclrtGetVersion, nullptr, &number, &number),
      BAD(kInvalid, aclrtGetVersion, &number, nullptr, &number),
      BAD(kInvalid, aclrtGetVersion, &number, &number, nullptr),
      BAD(kInvalid, aclsysGetCANNVersion, ACL_PKG_NAME_CANN, nullptr),
      BAD(kRefused, aclrtSynchronizeDeviceWithTimeout, -2),
      BAD(kNoSuchDevice, aclrtDeviceGetUuid, 999, &uuid),
      BAD(kInvalid, aclrtDeviceGetUuid, 0, nullptr),
      BAD(kNoSuchDevice, aclrtGetMemUsageInfo, 999, &usage, 1, &number_of),
      BAD(kInvalid, aclrtGetMemUsageInfo, 0, nullptr, 1, &number_of),
      BAD(kInvalid, aclrtGetMemUsageInfo, 0, &usage, 1, nullptr),
      BAD(kInvalid, aclrtSetOpExecuteTimeOutV2, 1, nullptr),
      BAD(kInvalid, aclrtGetDeviceInfo, 0, ACL_DEV_ATTR_AICORE_CORE_NUM, nullptr),
  };
}

std::vector<BadCall> BadStreamCalls() {
  static aclrtStream stream;
  static aclrtEvent event;
  static float ms;
  static aclrtEventStatus event_status;
  static aclrtEventRecordedStatus recorded;
  static aclrtEventWaitStatus waited;
  return {
      BAD(kInvalid, aclrtCreateStream, nullptr),
      BAD(kInvalid, aclrtCreateStreamWithConfig, nullptr, 0, 0),
      BAD(kRefused, aclrtCreateStreamWithConfig, &stream, 8, 0),
      BAD(kRefused, aclrtCreateStreamWithConfig, &stream, 0, 0x8000),
      BAD(kInvalid, aclrtDestroyStream, nullptr),
      BAD(kInvalid, aclrtDestroyStreamForce, nullptr),
      BAD(kLikelyRefused, aclrtStreamAbort, nullptr),
      BAD(kRefused, aclrtSynchronizeStreamWithTimeout, a.stream, -2),
      BAD(kInvalid, aclrtStreamQuery, a.stream, nullptr),
      BAD(kInvalid, aclrtStreamWaitEvent, a.stream, nullptr),
      BAD(kLikelyRefused, aclrtSetStreamFailureMode, a.stream, 7),
      BAD(kLikelyRefused, aclrtSetStreamFailureMode, nullptr, ACL_STOP_ON_FAILURE),
      BAD(kInvalid, aclrtCreateEvent, nullptr),
      BAD(kInvalid, aclrtCreateEventWithFlag, nullptr, ACL_EVENT_SYNC),
      BAD(kLikelyRefused, aclrtCreateEventWithFlag, &event, 0x1000),
      BAD(kInvalid, aclrtCreateEventExWithFlag, nullptr, ACL_EVENT_SYNC),
      BAD(kLikelyRefused, aclrtCreateEventExWithFlag, &event, 0x1000),
      BAD(kInvalid, aclrtDestroyEvent, nullptr),
      BAD(kInvalid, aclrtRecordEvent, nullptr, a.stream),
      BAD(kInvalid, aclrtResetEvent, nullptr, a.stream),
      BAD(kInvalid, aclrtQueryEvent, nullptr, &event_status),
      BAD(kInvalid, aclrtQueryEvent, a.event, nullptr),
      BAD(kInvalid, aclrtQueryEventStatus, nullptr, &recorded),
      BAD(kInvalid, aclrtQueryEventStatus, a.event, nullptr),
      BAD(kInvalid, aclrtQueryEventWaitStatus, nullptr, &waited),
      BAD(kInvalid, aclrtQueryEventWaitStatus, a.event, nullptr),
      BAD(kInvalid, aclrtSynchronizeEvent, nullptr),
      BAD(kRefused, aclrtSynchronizeEventWithTimeout, a.event, -2),
      BAD(kInvalid, aclrtEventElapsedTime, nullptr, a.event, a.event),
      BAD(kInvalid, aclrtEventElapsedTime, &ms, nullptr, a.event),
      BAD(kInvalid, aclrtEventElapsedTime, &ms, a.event, nullptr),
      BAD(kRefused, aclrtLaunchCallback, nullptr, nullptr, ACL_CALLBACK_BLOCK, a.stream),
      BAD(kInvalid, aclrtLaunchCallback, &Nothing, nullptr, static_cast<aclrtCallbackBlockType>(9),
          a.stream),
      BAD(kRefused, aclrtLaunchHostFunc, a.stream, nullptr, nullptr),
      BAD(kInvalid, aclrtProcessReport, -2),
      BAD(kInvalid, aclrtProcessReport, 0),
  };
}

std::vector<BadCall> BadMemoryCalls() {
  static void* pointer;
  static size_t one;
  static aclrtPtrAttributes attributes;
  constexpr auto kToDevice = ACL_MEMCPY_HOST_TO_DEVICE;
  return {
      BAD(kInvalid, aclrtMalloc, nullptr, 64, ACL_MEM_MALLOC_HUGE_FIRST),
      BAD(kInvalid, aclrtMalloc, &pointer, 0, ACL_MEM_MALLOC_HUGE_FIRST),
      BAD(kInvalid, aclrtMallocAlign32, nullptr, 64, ACL_MEM_MALLOC_HUGE_FIRST),
      BAD(kInvalid, aclrtMallocAlign32, &pointer, 0, ACL_MEM_MALLOC_HUGE_FIRST),
      BAD(kInvalid, aclrtMallocWithCfg, nullptr, 64, ACL_MEM_MALLOC_HUGE_FIRST, nullptr),
      BAD(kInvalid, aclrtMallocWithCfg, &pointer, 0, ACL_MEM_MALLOC_HUGE_FIRST, nullptr),
      BAD(kInvalid, aclrtMallocCached, nullptr, 64, ACL_MEM_MALLOC_HUGE_FIRST),
      BAD(kInvalid, aclrtMallocCached, &pointer, 0, ACL_MEM_MALLOC_HUGE_FIRST),
      BAD(kInvalid, aclrtMallocHost, nullptr, 64),
      BAD(kInvalid, aclrtMallocHost, &pointer, 0),
      BAD(kInvalid, aclrtMallocHostWithCfg, nullptr, 64, nullptr),
      BAD(kInvalid, aclrtMallocHostWithCfg, &pointer, 0, nullptr),
      BAD(kInvalid, aclrtFree, nullptr),
      BAD(kInvalid, aclrtFreeWithDevSync, nullptr),
      BAD(kInvalid, aclrtFreeHost, nullptr),
      BAD(kMemoryType, aclrtFree, a.host),
      BAD(kMemoryType, aclrtFreeHost, a.device),
      BAD(kInvalid, aclrtPointerGetAttributes, a.device, nullptr),
      BAD(kInvalid, aclrtMemcpy, nullptr, 64, a.host, 64, kToDevice),
      BAD(kInvalid, aclrtMemcpy, a.device, 64, nullptr, 64, kToDevice),
      BAD(kRefused, aclrtMemcpy, a.device, 63, a.host, 64, kToDevice),
      BAD(kInvalid, aclrtMemcpyAsync, nullptr, 64, a.host, 64, kToDevice, a.stream),
      BAD(kInvalid, aclrtMemcpyAsync, a.device, 64, nullptr, 64, kToDevice, a.stream),
      BAD(kRefused, aclrtMemcpyAsync, a.device, 63, a.host, 64, kToDevice, a.stream),
      BAD(kInvalid, aclrtMemcpyAsyncWithCondition, nullptr, 64, a.host, 64, kToDevice, a.stream),
      BAD(kInvalid, aclrtMemcpy2d, nullptr, 16, a.host, 16, 8, 4, kToDevice),
      BAD(kInvalid, aclrtMemcpy2d, a.device, 16, nullptr, 16, 8, 4, kToDevice),
      BAD(kInvalid, aclrtMemcpy2d, a.device, 7, a.host, 16, 8, 4, kToDevice),
      BAD(kInvalidOrDone, aclrtMemcpy2d, a.device, 16, a.device, 16, 8, 4,
          ACL_MEMCPY_DEVICE_TO_DEVICE),
      BAD(kInvalid, aclrtMemcpy2dAsync, nullptr, 16, a.host, 16, 8, 4, kToDevice, a.stream),
      BAD(kInvalid, aclrtMemset, nullptr, 64, 0, 64),
      BAD(kRefused, aclrtMemset, a.device, 63, 0, 64),
      BAD(kInvalid, aclrtMemsetAsync, nullptr, 64, 0, 64, a.stream),
      BAD(kRefused, aclrtMemsetAsync, a.device, 63, 0, 64, a.stream),
      BAD(kInvalid, aclrtFreeHostWithDevSync, nullptr),
      BAD(kInvalid, aclrtMemFlush, nullptr, 64),
      BAD(kInvalid, aclrtMemFlush, a.device, 0),
      BAD(kInvalid, aclrtMemInvalidate, nullptr, 64),
      BAD(kInvalid, aclrtMemInvalidate, a.device, 0),
      BAD(kInvalid, aclrtPointerGetAttributes, nullptr, &attributes),
      BAD(kInvalid, aclrtGetMemInfo, ACL_DDR_MEM, nullptr, &one),
      BAD(kInvalid, aclrtGetMemInfo, ACL_DDR_MEM, &one, nullptr),
  };
}

}  // namespace conformance

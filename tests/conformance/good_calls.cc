// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "calls.h"

// A call by its own name: the table's rows read like the program under test.
#define GOOD(name, ...)            \
  {#name, [](const Arguments& a) { \
     (void)a;                      \
     return name(__VA_ARGS__);     \
   }}

namespace conformance {
namespace {

void Nothing(void*) {}

}  // namespace

std::vector<GoodCall> CallsThatNeedAContext() {
  static void* pointer;
  static size_t one;
  static size_t two;
  static aclrtStream stream;
  static aclrtEvent event;
  static aclrtContext context;
  static int32_t number;
  static uint32_t id;
  static float ms;
  static aclrtStreamStatus stream_status;
  static aclrtEventStatus event_status;
  static aclrtEventRecordedStatus recorded;
  static aclrtEventWaitStatus waited;
  static const aclmdlIODims dims = {};
  static aclmdlInputAippType type;
  static aclAippInfo info;
  static aclrtPtrAttributes attributes;
  return {
      GOOD(aclrtGetDevice, &number),
      GOOD(aclrtGetCurrentContext, &context),
      GOOD(aclrtSynchronizeDevice),
      GOOD(aclrtSynchronizeDeviceWithTimeout, 1000),
      GOOD(aclrtCreateStream, &stream),
      GOOD(aclrtCreateStreamWithConfig, &stream, 0, ACL_STREAM_FAST_LAUNCH),
      GOOD(aclrtSynchronizeStream, a.stream),
      GOOD(aclrtSynchronizeStreamWithTimeout, a.stream, 1000),
      GOOD(aclrtStreamQuery, a.stream, &stream_status),
      GOOD(aclrtStreamWaitEvent, a.stream, a.event),
      GOOD(aclrtStreamAbort, a.stream),
      GOOD(aclrtSetStreamFailureMode, a.stream, ACL_CONTINUE_ON_FAILURE),
      GOOD(aclrtDestroyStream, a.stream),
      GOOD(aclrtDestroyStreamForce, a.stream),
      GOOD(aclrtCreateEvent, &event),
      GOOD(aclrtCreateEventWithFlag, &event, ACL_EVENT_SYNC),
      GOOD(aclrtCreateEventExWithFlag, &event, ACL_EVENT_SYNC),
      GOOD(aclrtRecordEvent, a.event, a.stream),
      GOOD(aclrtResetEvent, a.event, a.stream),
      GOOD(aclrtQueryEvent, a.event, &event_status),
      GOOD(aclrtQueryEventStatus, a.event, &recorded),
      GOOD(aclrtQueryEventWaitStatus, a.event, &waited),
      GOOD(aclrtSynchronizeEvent, a.event),
      GOOD(aclrtSynchronizeEventWithTimeout, a.event, 1000),
      GOOD(aclrtEventElapsedTime, &ms, a.event, a.event),
      GOOD(aclrtDestroyEvent, a.event),
      GOOD(aclrtMalloc, &pointer, 64, ACL_MEM_MALLOC_HUGE_FIRST),
      GOOD(aclrtMallocAlign32, &pointer, 64, ACL_MEM_MALLOC_HUGE_FIRST),
      GOOD(aclrtMallocWithCfg, &pointer, 64, ACL_MEM_MALLOC_HUGE_FIRST, nullptr),
      GOOD(aclrtMallocCached, &pointer, 64, ACL_MEM_MALLOC_HUGE_FIRST),
      GOOD(aclrtFree, a.device),
      GOOD(aclrtFreeWithDevSync, a.device),
      GOOD(aclrtMallocHost, &pointer, 64),
      GOOD(aclrtMallocHostWithCfg, &pointer, 64, nullptr),
      GOOD(aclrtMemcpy, a.device, 64, a.host, 64, ACL_MEMCPY_HOST_TO_DEVICE),
      GOOD(aclrtMemcpyAsync, a.device, 64, a.host, 64, ACL_MEMCPY_HOST_TO_DEVICE, a.stream),
      GOOD(aclrtMemcpyAsyncWithCondition, a.device, 64, a.host, 64, ACL_MEMCPY_HOST_TO_DEVICE,
           a.stream),
      GOOD(aclrtMemcpy2d, a.device, 16, a.host, 16, 8, 4, ACL_MEMCPY_HOST_TO_DEVICE),
      GOOD(aclrtMemcpy2dAsync, a.device, 16, a.host, 16, 8, 4, ACL_MEMCPY_HOST_TO_DEVICE, a.stream),
      GOOD(aclrtMemset, a.device, 64, 0, 64),
      GOOD(aclrtMemsetAsync, a.device, 64, 0, 64, a.stream),
      GOOD(aclrtGetMemInfo, ACL_DDR_MEM, &one, &two),
      GOOD(aclrtSubscribeReport, 1, a.stream),
      GOOD(aclrtUnSubscribeReport, 1, a.stream),
      GOOD(aclrtLaunchCallback, &Nothing, nullptr, ACL_CALLBACK_NO_BLOCK, a.stream),
      GOOD(aclrtLaunchHostFunc, a.stream, &Nothing, nullptr),
      GOOD(aclmdlLoadFromFile, a.model_path.c_str(), &id),
      GOOD(aclmdlLoadFromMem, a.model_bytes.data(), a.model_bytes.size(), &id),
      GOOD(aclmdlLoadFromFileWithMem, a.model_path.c_str(), &id, nullptr, 0, nullptr, 0),
      GOOD(aclmdlLoadFromMemWithMem, a.model_bytes.data(), a.model_bytes.size(), &id, nullptr, 0,
           nullptr, 0),
      GOOD(aclmdlExecute, a.model, a.input, a.output),
      GOOD(aclmdlExecuteAsync, a.model, a.input, a.output, a.stream),
      GOOD(aclmdlExecuteV2, a.model, a.input, a.output, a.stream, nullptr),
      GOOD(aclmdlExecuteAsyncV2, a.model, a.input, a.output, a.stream, nullptr),
      GOOD(aclmdlSetDynamicBatchSize, a.model, a.input, 1, 1),
      GOOD(aclmdlSetDynamicHWSize, a.model, a.input, 1, 2, 2),
      GOOD(aclmdlSetInputDynamicDims, a.model, a.input, 1, &dims),
      GOOD(aclmdlSetInputAIPP, a.model, a.input, 0, nullptr),
      GOOD(aclmdlSetAIPPByInputIndex, a.model, a.input, 0, nullptr),
      GOOD(aclmdlGetAippType, a.model, 0, &type, &one),
      GOOD(aclmdlGetFirstAippInfo, a.model, 0, &info),
      GOOD(aclrtFreeHostWithDevSync, a.host),
      GOOD(aclrtMemFlush, a.device, 64),
      GOOD(aclrtMemInvalidate, a.device, 64),
      GOOD(aclrtPointerGetAttributes, a.device, &attributes),
      GOOD(aclmdlUnload, a.model),
  };
}

std::vector<GoodCall> CallsThatNeedInitOnly() {
  static uint32_t count;
  static aclrtRunMode mode;
  static aclrtContext context;
  static aclrtDeviceStatus status;
  static aclrtUtilizationInfo use;
  static aclrtUuid uuid;
  static aclrtMemUsageInfo usage;
  static int64_t value;
  static uint64_t actual;
  static size_t number;
  return {
      GOOD(aclrtSetDevice, 0),
      GOOD(aclrtResetDevice, 0),
      GOOD(aclrtResetDeviceForce, 0),
      GOOD(aclrtGetDeviceCount, &count),
      GOOD(aclrtGetRunMode, &mode),
      GOOD(aclrtQueryDeviceStatus, 0, &status),
      GOOD(aclrtGetDeviceUtilizationRate, 0, &use),
      GOOD(aclrtGetDeviceInfo, 0, ACL_DEV_ATTR_AICORE_CORE_NUM, &value),
      GOOD(aclrtDeviceGetUuid, 0, &uuid),
      GOOD(aclrtGetMemUsageInfo, 0, &usage, 1, &number),
      GOOD(aclrtSetOpWaitTimeout, 1),
      GOOD(aclrtSetOpExecuteTimeOut, 1),
      GOOD(aclrtSetOpExecuteTimeOutV2, 1000000, &actual),
      GOOD(aclrtProcessReport, 1),
      GOOD(aclrtCreateContext, &context, 0),
      GOOD(aclrtSetCurrentContext, a.context),
      GOOD(aclrtDestroyContext, a.context),
  };
}

}  // namespace conformance

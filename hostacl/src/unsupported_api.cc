// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// Functions that are declared, so that programs which look for them link, and are refused with
// 207000: recovery of a device, limits of cores, values in stream order, events and memory of
// other processes, models fed by queues, bundles of models, dumps, operators behind exceptions.
#include "acl/acl_mdl.h"
#include "acl/acl_rt.h"
#include "call.h"
#include "failure.h"
#include "runtime.h"

namespace {

aclError Refuse(const char* function) {
  if (const aclError refused = hostacl::EnterCall(function, hostacl::CallKind::kQuery)) {
    return refused;
  }
  if (const aclError error = hostacl::Runtime::Get().CheckInitialized()) return error;
  return hostacl::Fail(ACL_ERROR_RT_FEATURE_NOT_SUPPORT, function,
                       ": not supported by this device");
}

}  // namespace

aclError aclrtDeviceTaskAbort(int32_t, uint32_t) { return Refuse(__func__); }
aclError aclrtGetMemUceInfo(int32_t, aclrtMemUceInfo*, size_t, size_t*) { return Refuse(__func__); }
aclError aclrtMemUceRepair(int32_t, aclrtMemUceInfo*, size_t) { return Refuse(__func__); }
aclError aclrtGetErrorVerbose(int32_t, aclrtErrorInfo*) { return Refuse(__func__); }
aclError aclrtRepairError(int32_t, const aclrtErrorInfo*) { return Refuse(__func__); }

aclError aclrtGetSysParamOpt(aclSysParamOpt, int64_t*) { return Refuse(__func__); }
aclError aclrtSetSysParamOpt(aclSysParamOpt, int64_t) { return Refuse(__func__); }
aclError aclrtGetDeviceResLimit(int32_t, aclrtDevResLimitType, uint32_t*) {
  return Refuse(__func__);
}
aclError aclrtSetDeviceResLimit(int32_t, aclrtDevResLimitType, uint32_t) {
  return Refuse(__func__);
}
aclError aclrtResetDeviceResLimit(int32_t) { return Refuse(__func__); }
aclError aclrtGetStreamResLimit(aclrtStream, aclrtDevResLimitType, uint32_t*) {
  return Refuse(__func__);
}
aclError aclrtSetStreamResLimit(aclrtStream, aclrtDevResLimitType, uint32_t) {
  return Refuse(__func__);
}
aclError aclrtResetStreamResLimit(aclrtStream) { return Refuse(__func__); }
aclError aclrtUseStreamResInCurrentThread(aclrtStream) { return Refuse(__func__); }
aclError aclrtUnuseStreamResInCurrentThread(aclrtStream) { return Refuse(__func__); }
aclError aclrtGetResInCurrentThread(aclrtDevResLimitType, uint32_t*) { return Refuse(__func__); }

aclError aclrtValueWrite(void*, uint64_t, uint32_t, aclrtStream) { return Refuse(__func__); }
aclError aclrtValueWait(void*, uint64_t, uint32_t, aclrtStream) { return Refuse(__func__); }

aclError aclrtIpcGetEventHandle(aclrtEvent, aclrtIpcEventHandle*) { return Refuse(__func__); }
aclError aclrtIpcOpenEventHandle(aclrtIpcEventHandle, aclrtEvent*) { return Refuse(__func__); }
aclError aclrtHostRegisterV2(void*, uint64_t, uint32_t) { return Refuse(__func__); }
aclError aclrtHostUnregister(void*) { return Refuse(__func__); }
aclError aclrtMemcpyBatch(void**, size_t*, void**, size_t*, size_t, aclrtMemcpyBatchAttr*, size_t*,
                          size_t, size_t*) {
  return Refuse(__func__);
}
aclError aclrtMemcpyBatchAsync(void**, size_t*, void**, size_t*, size_t, aclrtMemcpyBatchAttr*,
                               size_t*, size_t, size_t*, aclrtStream) {
  return Refuse(__func__);
}

aclError aclmdlLoadFromFileWithQ(const char*, uint32_t*, const uint32_t*, size_t, const uint32_t*,
                                 size_t) {
  return Refuse(__func__);
}
aclError aclmdlLoadFromMemWithQ(const void*, size_t, uint32_t*, const uint32_t*, size_t,
                                const uint32_t*, size_t) {
  return Refuse(__func__);
}

aclError aclmdlBundleLoadFromFile(const char*, uint32_t*) { return Refuse(__func__); }
aclError aclmdlBundleLoadFromMem(const void*, size_t, uint32_t*) { return Refuse(__func__); }
aclError aclmdlBundleUnload(uint32_t) { return Refuse(__func__); }
aclError aclmdlBundleGetModelNum(uint32_t, size_t*) { return Refuse(__func__); }
aclError aclmdlBundleGetModelId(uint32_t, size_t, uint32_t*) { return Refuse(__func__); }
aclmdlBundleQueryInfo* aclmdlBundleCreateQueryInfo() {
  (void)Refuse(__func__);
  return nullptr;
}
aclError aclmdlBundleDestroyQueryInfo(aclmdlBundleQueryInfo*) { return Refuse(__func__); }
aclError aclmdlBundleQueryInfoFromFile(const char*, aclmdlBundleQueryInfo*) {
  return Refuse(__func__);
}
aclError aclmdlBundleQueryInfoFromMem(const void*, size_t, aclmdlBundleQueryInfo*) {
  return Refuse(__func__);
}
aclError aclmdlBundleGetQueryModelNum(const aclmdlBundleQueryInfo*, size_t*) {
  return Refuse(__func__);
}
aclError aclmdlBundleGetVarWeightSize(const aclmdlBundleQueryInfo*, size_t*) {
  return Refuse(__func__);
}
aclError aclmdlBundleGetSize(const aclmdlBundleQueryInfo*, size_t, size_t*, size_t*) {
  return Refuse(__func__);
}
aclError aclmdlBundleInitFromFile(const char*, void*, size_t, uint32_t*) {
  return Refuse(__func__);
}
aclError aclmdlBundleInitFromMem(const void*, size_t, void*, size_t, uint32_t*) {
  return Refuse(__func__);
}
aclError aclmdlBundleLoadModel(uint32_t, size_t, uint32_t*) { return Refuse(__func__); }
aclError aclmdlBundleLoadModelWithMem(uint32_t, size_t, void*, size_t, void*, size_t, uint32_t*) {
  return Refuse(__func__);
}
aclError aclmdlBundleLoadModelWithConfig(uint32_t, size_t, aclmdlConfigHandle*, uint32_t*) {
  return Refuse(__func__);
}
aclError aclmdlBundleUnloadModel(uint32_t, uint32_t) { return Refuse(__func__); }
aclError aclmdlSetAttribute(uint32_t, aclmdlAttr, aclmdlAttrValue_t*) { return Refuse(__func__); }
aclError aclmdlGetAttribute(uint32_t, aclmdlAttr, aclmdlAttrValue_t*) { return Refuse(__func__); }

aclError aclmdlInitDump() { return Refuse(__func__); }
aclError aclmdlSetDump(const char*) { return Refuse(__func__); }
aclError aclmdlFinalizeDump() { return Refuse(__func__); }
aclError aclmdlCreateAndGetOpDesc(uint32_t, uint32_t, uint32_t, char*, size_t, aclTensorDesc**,
                                  size_t*, aclTensorDesc**, size_t*) {
  return Refuse(__func__);
}

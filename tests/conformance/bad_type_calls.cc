// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// Tensor descriptions, AIPP, and what a device may not have at all.
#include "calls.h"

#define BAD(codes, name, ...)  \
  {#name "(" #__VA_ARGS__ ")", \
   [](const Arguments& a) {    \
     (void)a;                  \
     return name(__VA_ARGS__); \
   },                          \
   codes}

// A call that a device without the feature refuses.
#define OPTIONAL(name, ...)        \
  {#name, [](const Arguments& a) { \
     (void)a;                      \
     return name(__VA_ARGS__);     \
   }}

namespace conformance {
namespace {

const std::vector<aclError> kInvalid = {ACL_ERROR_INVALID_PARAM};
const std::vector<aclError> kNoModel = {ACL_ERROR_GE_EXEC_MODEL_ID_INVALID,
                                        ACL_ERROR_INVALID_MODEL_ID};
const std::vector<aclError> kNoAipp = {ACL_ERROR_GE_AIPP_NOT_EXIST, ACL_ERROR_INVALID_PARAM};
constexpr uint32_t kNobody = 4000000;

}  // namespace

std::vector<BadCall> BadTensorDescCalls() {
  static const int64_t dims[] = {2, 3};
  static int64_t range[2][ACL_TENSOR_SHAPE_RANGE_NUM] = {{1, 2}, {1, 3}};
  static int64_t value;
  static aclTensorDesc* const desc = aclCreateTensorDesc(ACL_FLOAT, 2, dims, ACL_FORMAT_ND);
  return {
      BAD(kInvalid, aclGetTensorDescDimV2, nullptr, 0, &value),
      BAD(kInvalid, aclGetTensorDescDimV2, desc, 2, &value),
      BAD(kInvalid, aclGetTensorDescDimV2, desc, 0, nullptr),
      BAD(kInvalid, aclGetTensorDescDimRange, nullptr, 0, 2, &range[0][0]),
      BAD(kInvalid, aclGetTensorDescDimRange, desc, 2, 2, &range[0][0]),
      BAD(kInvalid, aclGetTensorDescDimRange, desc, 0, 2, nullptr),
      BAD(kInvalid, aclSetTensorShapeRange, nullptr, 2, range),
      BAD(kInvalid, aclSetTensorShapeRange, desc, 1, range),
      BAD(kInvalid, aclSetTensorFormat, nullptr, ACL_FORMAT_ND),
      BAD(kInvalid, aclSetTensorShape, nullptr, 2, dims),
      BAD(kInvalid, aclSetTensorShape, desc, 2, nullptr),
      BAD(kInvalid, aclSetTensorShape, desc, ACL_MAX_DIM_CNT + 1, dims),
      BAD(kInvalid, aclSetTensorOriginFormat, nullptr, ACL_FORMAT_ND),
      BAD(kInvalid, aclSetTensorOriginShape, nullptr, 2, dims),
      BAD(kInvalid, aclSetTensorOriginShape, desc, 2, nullptr),
      BAD(kInvalid, aclSetTensorStorageFormat, nullptr, ACL_FORMAT_ND),
      BAD(kInvalid, aclSetTensorStorageShape, nullptr, 2, dims),
      BAD(kInvalid, aclmdlSetDatasetTensorDesc, a.input, desc, 9),
  };
}

std::vector<BadCall> BadAippCalls() {
  static aclmdlAIPP* const aipp = aclmdlCreateAIPP(2);
  static aclAippInfo info;
  static size_t size;
  constexpr auto kNoFormat = static_cast<aclAippInputFormat>(999);
  return {
      BAD(kInvalid, aclmdlDestroyAIPP, nullptr),
      BAD(kInvalid, aclmdlGetAippDataSize, 0, &size),
      BAD(kInvalid, aclmdlGetAippDataSize, 1, nullptr),
      BAD(kInvalid, aclmdlSetAIPPInputFormat, nullptr, ACL_RGB888_U8),
      BAD(kInvalid, aclmdlSetAIPPInputFormat, aipp, kNoFormat),
      BAD(kInvalid, aclmdlSetAIPPCscParams, nullptr, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
          0),
      BAD(kInvalid, aclmdlSetAIPPCscParams, aipp, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
      BAD(kInvalid, aclmdlSetAIPPRbuvSwapSwitch, nullptr, 1),
      BAD(kInvalid, aclmdlSetAIPPRbuvSwapSwitch, aipp, 2),
      BAD(kInvalid, aclmdlSetAIPPAxSwapSwitch, nullptr, 1),
      BAD(kInvalid, aclmdlSetAIPPAxSwapSwitch, aipp, -1),
      BAD(kInvalid, aclmdlSetAIPPSrcImageSize, nullptr, 8, 8),
      BAD(kInvalid, aclmdlSetAIPPSrcImageSize, aipp, 0, 8),
      BAD(kInvalid, aclmdlSetAIPPScfParams, nullptr, 0, 8, 8, 8, 8, 0),
      BAD(kInvalid, aclmdlSetAIPPScfParams, aipp, 2, 8, 8, 8, 8, 0),
      BAD(kInvalid, aclmdlSetAIPPScfParams, aipp, 0, 8, 8, 8, 8, 2),
      BAD(kInvalid, aclmdlSetAIPPCropParams, nullptr, 0, 0, 0, 8, 8, 0),
      BAD(kInvalid, aclmdlSetAIPPCropParams, aipp, 2, 0, 0, 8, 8, 0),
      BAD(kInvalid, aclmdlSetAIPPCropParams, aipp, 0, 0, 0, 8, 8, 2),
      BAD(kInvalid, aclmdlSetAIPPPaddingParams, nullptr, 0, 0, 0, 0, 0, 0),
      BAD(kInvalid, aclmdlSetAIPPPaddingParams, aipp, 0, 0, 0, 0, 0, 2),
      BAD(kInvalid, aclmdlSetAIPPDtcPixelMean, nullptr, 0, 0, 0, 0, 0),
      BAD(kInvalid, aclmdlSetAIPPDtcPixelMean, aipp, 0, 0, 0, 0, 2),
      BAD(kInvalid, aclmdlSetAIPPDtcPixelMin, nullptr, 0, 0, 0, 0, 0),
      BAD(kInvalid, aclmdlSetAIPPDtcPixelMin, aipp, 0, 0, 0, 0, 2),
      BAD(kInvalid, aclmdlSetAIPPPixelVarReci, nullptr, 1, 1, 1, 1, 0),
      BAD(kInvalid, aclmdlSetAIPPPixelVarReci, aipp, 1, 1, 1, 1, 2),
      BAD(kNoModel, aclmdlSetInputAIPP, kNobody, a.input, 0, aipp),
      BAD(kInvalid, aclmdlSetInputAIPP, a.model, nullptr, 0, aipp),
      BAD(kInvalid, aclmdlSetInputAIPP, a.model, a.input, 0, nullptr),
      BAD(kNoAipp, aclmdlSetInputAIPP, a.model, a.input, 0, aipp),
      BAD(kNoModel, aclmdlSetAIPPByInputIndex, kNobody, a.input, 0, aipp),
      BAD(kInvalid, aclmdlSetAIPPByInputIndex, a.model, nullptr, 0, aipp),
      BAD(kNoAipp, aclmdlSetAIPPByInputIndex, a.model, a.input, 0, aipp),
      BAD(kInvalid, aclmdlGetFirstAippInfo, a.model, 0, nullptr),
      BAD(kInvalid, aclmdlGetFirstAippInfo, a.model, 9, &info),
      BAD(kNoModel, aclmdlGetFirstAippInfo, kNobody, 0, &info),
      BAD({ACL_ERROR_NOT_STATIC_AIPP}, aclmdlGetFirstAippInfo, a.model, 0, &info),
  };
}

std::vector<GoodCall> CallsThatMayBeUnsupported() {
  static aclrtMemUceInfo pages[1];
  static aclrtErrorInfo error;
  static aclrtMemcpyBatchAttr attributes;
  static aclrtIpcEventHandle handle;
  static aclrtEvent event;
  static size_t number;
  static int64_t option;
  static uint32_t value;
  static uint32_t id;
  static void* places[1];
  static size_t sizes[1] = {8};
  static aclmdlBundleQueryInfo* const info = nullptr;
  static aclmdlAttrValue_t attribute;
  static char name[64];
  static aclTensorDesc* desc;
  constexpr auto kCores = ACL_RT_DEV_RES_CUBE_CORE;
  return {
      OPTIONAL(aclrtDeviceTaskAbort, 0, 0),
      OPTIONAL(aclrtGetMemUceInfo, 0, pages, 1, &number),
      OPTIONAL(aclrtMemUceRepair, 0, pages, 1),
      OPTIONAL(aclrtGetErrorVerbose, 0, &error),
      OPTIONAL(aclrtRepairError, 0, &error),
      OPTIONAL(aclrtGetSysParamOpt, ACL_OPT_DETERMINISTIC, &option),
      OPTIONAL(aclrtSetSysParamOpt, ACL_OPT_DETERMINISTIC, 1),
      OPTIONAL(aclrtGetDeviceResLimit, 0, kCores, &value),
      OPTIONAL(aclrtSetDeviceResLimit, 0, kCores, 8),
      OPTIONAL(aclrtResetDeviceResLimit, 0),
      OPTIONAL(aclrtGetStreamResLimit, a.stream, kCores, &value),
      OPTIONAL(aclrtSetStreamResLimit, a.stream, kCores, 8),
      OPTIONAL(aclrtResetStreamResLimit, a.stream),
      OPTIONAL(aclrtUseStreamResInCurrentThread, a.stream),
      OPTIONAL(aclrtUnuseStreamResInCurrentThread, a.stream),
      OPTIONAL(aclrtGetResInCurrentThread, kCores, &value),
      OPTIONAL(aclrtValueWrite, a.device, 1, 0, a.stream),
      OPTIONAL(aclrtValueWait, a.device, 1, 0, a.stream),
      OPTIONAL(aclrtIpcGetEventHandle, a.event, &handle),
      OPTIONAL(aclrtIpcOpenEventHandle, handle, &event),
      OPTIONAL(aclrtHostRegisterV2, places, sizeof places, ACL_HOST_REG_PINNED),
      OPTIONAL(aclrtHostUnregister, places),
      OPTIONAL(aclrtMemcpyBatch, places, sizes, places, sizes, 1, &attributes, &number, 1, &number),
      OPTIONAL(aclrtMemcpyBatchAsync, places, sizes, places, sizes, 1, &attributes, &number, 1,
               &number, a.stream),
      OPTIONAL(aclmdlBundleLoadFromFile, a.model_path.c_str(), &id),
      OPTIONAL(aclmdlBundleLoadFromMem, a.model_bytes.data(), a.model_bytes.size(), &id),
      OPTIONAL(aclmdlBundleUnload, 0),
      OPTIONAL(aclmdlBundleGetModelNum, 0, &number),
      OPTIONAL(aclmdlBundleGetModelId, 0, 0, &id),
      OPTIONAL(aclmdlBundleDestroyQueryInfo, info),
      OPTIONAL(aclmdlBundleQueryInfoFromFile, a.model_path.c_str(), info),
      OPTIONAL(aclmdlBundleQueryInfoFromMem, a.model_bytes.data(), a.model_bytes.size(), info),
      OPTIONAL(aclmdlBundleGetQueryModelNum, info, &number),
      OPTIONAL(aclmdlBundleGetVarWeightSize, info, &number),
      OPTIONAL(aclmdlBundleGetSize, info, 0, &number, &number),
      OPTIONAL(aclmdlBundleInitFromFile, a.model_path.c_str(), a.device, 64, &id),
      OPTIONAL(aclmdlBundleInitFromMem, a.model_bytes.data(), a.model_bytes.size(), a.device, 64,
               &id),
      OPTIONAL(aclmdlBundleLoadModel, 0, 0, &id),
      OPTIONAL(aclmdlBundleLoadModelWithMem, 0, 0, nullptr, 0, nullptr, 0, &id),
      OPTIONAL(aclmdlBundleLoadModelWithConfig, 0, 0, nullptr, &id),
      OPTIONAL(aclmdlBundleUnloadModel, 0, 0),
      OPTIONAL(aclmdlSetAttribute, a.model, ACL_MDL_ATTR_PRIORITY, &attribute),
      OPTIONAL(aclmdlGetAttribute, a.model, ACL_MDL_ATTR_PRIORITY, &attribute),
      OPTIONAL(aclmdlInitDump),
      OPTIONAL(aclmdlSetDump, "dump.json"),
      OPTIONAL(aclmdlFinalizeDump),
      OPTIONAL(aclmdlCreateAndGetOpDesc, 0, 0, 0, name, sizeof name, &desc, &number, &desc,
               &number),
      OPTIONAL(aclmdlLoadFromFileWithQ, a.model_path.c_str(), &id, &value, 1, &value, 1),
      OPTIONAL(aclmdlLoadFromMemWithQ, a.model_bytes.data(), a.model_bytes.size(), &id, &value, 1,
               &value, 1),
  };
}

}  // namespace conformance

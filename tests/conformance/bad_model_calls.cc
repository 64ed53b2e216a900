// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
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

// CANN's open sources (hicann/ge at ffdcbc9f, api/acl/acl_model and runtime/v1/executor) pin these;
// the second ones are what older releases document.
const std::vector<aclError> kInvalid = {ACL_ERROR_INVALID_PARAM};
const std::vector<aclError> kNoModel = {ACL_ERROR_GE_EXEC_MODEL_ID_INVALID,
                                        ACL_ERROR_INVALID_MODEL_ID};
const std::vector<aclError> kNoFile = {ACL_ERROR_GE_EXEC_MODEL_PATH_INVALID,
                                       ACL_ERROR_INVALID_FILE};
const std::vector<aclError> kNotDynamic = {ACL_ERROR_GE_DYNAMIC_BATCH_SIZE_INVALID,
                                           ACL_ERROR_MODEL_NOT_DYNAMIC};
constexpr uint32_t kNobody = 4000000;
constexpr char kNowhere[] = "/nonexistent/model.om";

}  // namespace

std::vector<BadCall> BadModelCalls() {
  static size_t work;
  static size_t weight;
  static uint32_t id;
  static const aclmdlIODims dims = {};
  static aclmdlExeOMDesc parts;
  static aclmdlInputAippType type;
  static size_t index;
  return {
      BAD(kInvalid, aclmdlQuerySize, nullptr, &work, &weight),
      BAD(kInvalid, aclmdlQuerySize, a.model_path.c_str(), nullptr, &weight),
      BAD(kInvalid, aclmdlQuerySize, a.model_path.c_str(), &work, nullptr),
      BAD(kNoFile, aclmdlQuerySize, kNowhere, &work, &weight),
      BAD(kInvalid, aclmdlQuerySizeFromMem, nullptr, 64, &work, &weight),
      BAD(kInvalid, aclmdlQueryExeOMDesc, nullptr, &parts),
      BAD(kInvalid, aclmdlQueryExeOMDesc, a.model_path.c_str(), nullptr),
      BAD(kInvalid, aclmdlLoadFromFile, nullptr, &id),
      BAD(kInvalid, aclmdlLoadFromFile, a.model_path.c_str(), nullptr),
      BAD(kNoFile, aclmdlLoadFromFile, kNowhere, &id),
      BAD(kInvalid, aclmdlLoadFromMem, nullptr, 64, &id),
      BAD(kInvalid, aclmdlLoadFromMem, a.model_bytes.data(), 0, &id),
      BAD(kInvalid, aclmdlLoadFromMemWithMem, a.model_bytes.data(), a.model_bytes.size(), nullptr,
          nullptr, 0, nullptr, 0),
      BAD(kInvalid, aclmdlLoadFromFileWithMem, a.model_path.c_str(), nullptr, nullptr, 0, nullptr,
          0),
      BAD(kInvalid, aclmdlLoadFromMem, a.model_bytes.data(), a.model_bytes.size(), nullptr),
      BAD(kInvalid, aclmdlLoadFromFileWithMem, nullptr, &id, nullptr, 0, nullptr, 0),
      BAD(kNoFile, aclmdlLoadFromFileWithMem, kNowhere, &id, nullptr, 0, nullptr, 0),
      BAD(kInvalid, aclmdlLoadFromMemWithMem, nullptr, 64, &id, nullptr, 0, nullptr, 0),
      BAD(kInvalid, aclmdlLoadWithConfig, nullptr, &id),
      BAD(kInvalid, aclmdlDestroyConfigHandle, nullptr),
      BAD(kInvalid, aclmdlSetConfigOpt, nullptr, ACL_MDL_LOAD_TYPE_SIZET, &work, sizeof work),
      BAD(kInvalid, aclmdlSetExecConfigOpt, nullptr, ACL_MDL_WORK_SIZET, &work, sizeof work),
      BAD(kInvalid, aclmdlDestroyExecConfigHandle, nullptr),
      BAD(kNoModel, aclmdlUnload, kNobody),
      BAD(kNoModel, aclmdlExecute, kNobody, a.input, a.output),
      BAD(kInvalid, aclmdlExecute, a.model, nullptr, a.output),
      BAD(kInvalid, aclmdlExecute, a.model, a.input, nullptr),
      BAD(kInvalid, aclmdlExecuteV2, a.model, a.input, a.output, a.stream, nullptr),
      BAD(kInvalid, aclmdlExecuteAsyncV2, a.model, a.input, a.output, a.stream, nullptr),
      BAD(kNoModel, aclmdlExecuteAsync, kNobody, a.input, a.output, a.stream),
      BAD(kInvalid, aclmdlExecuteAsync, a.model, nullptr, a.output, a.stream),
      BAD(kInvalid, aclmdlExecuteAsync, a.model, a.input, nullptr, a.stream),
      BAD(kNoModel, aclmdlSetDynamicBatchSize, kNobody, a.input, 1, 1),
      BAD(kInvalid, aclmdlSetDynamicBatchSize, a.model, nullptr, 1, 1),
      BAD(kInvalid, aclmdlSetDynamicBatchSize, a.model, a.input, 1, 0),
      BAD(kNotDynamic, aclmdlSetDynamicBatchSize, a.model, a.input, 0, 1),
      BAD(kInvalid, aclmdlSetDynamicHWSize, a.model, nullptr, 1, 2, 2),
      BAD(kInvalid, aclmdlSetDynamicHWSize, a.model, a.input, 1, 0, 2),
      BAD(kInvalid, aclmdlSetDynamicHWSize, a.model, a.input, 1, 2, 0),
      BAD(kInvalid, aclmdlSetInputDynamicDims, a.model, nullptr, 1, &dims),
      BAD(kInvalid, aclmdlSetInputDynamicDims, a.model, a.input, 1, nullptr),
      BAD(kInvalid, aclmdlSetInputDynamicDims, a.model, a.input, 1, &dims),
      BAD(kNoModel, aclmdlSetDynamicHWSize, kNobody, a.input, 1, 2, 2),
      BAD(kInvalid, aclmdlGetAippType, a.model, 0, nullptr, &index),
      BAD(kNoModel, aclmdlGetAippType, kNobody, 0, &type, &index),
  };
}

std::vector<BadCall> BadDescriptionCalls() {
  static aclmdlIODims dims;
  static aclmdlBatch batch;
  static aclmdlHW hw;
  static size_t index;
  static aclmdlDesc* const desc = aclmdlCreateDesc();  // filled with nothing
  static void* memory;
  static aclmdlIODimsRange range;
  return {
      BAD(kInvalid, aclmdlDestroyDesc, nullptr),
      BAD(kInvalid, aclmdlGetDesc, nullptr, a.model),
      BAD(kNoModel, aclmdlGetDesc, desc, kNobody),
      BAD(kInvalid, aclmdlGetDescFromFile, nullptr, a.model_path.c_str()),
      BAD(kInvalid, aclmdlGetDescFromFile, desc, nullptr),
      BAD(kNoFile, aclmdlGetDescFromFile, desc, kNowhere),
      BAD(kInvalid, aclmdlGetDescFromMem, desc, nullptr, 64),
      BAD(kInvalid, aclmdlGetDescFromMem, desc, a.model_bytes.data(), 0),
      BAD(kInvalid, aclmdlGetInputDimsRange, nullptr, 0, &range),
      BAD(kInvalid, aclmdlGetInputDimsRange, desc, 0, nullptr),
      BAD(kInvalid, aclmdlGetInputIndexByName, nullptr, "x", &index),
      BAD(kInvalid, aclmdlGetInputIndexByName, desc, nullptr, &index),
      BAD(kInvalid, aclmdlGetInputIndexByName, desc, "x", nullptr),
      BAD(kInvalid, aclmdlGetOutputIndexByName, nullptr, "y", &index),
      BAD(kInvalid, aclmdlGetInputDims, nullptr, 0, &dims),
      BAD(kInvalid, aclmdlGetInputDims, desc, 0, &dims),
      BAD(kInvalid, aclmdlGetInputDims, desc, 0, nullptr),
      BAD(kInvalid, aclmdlGetInputDimsV2, nullptr, 0, &dims),
      BAD(kInvalid, aclmdlGetOutputDims, nullptr, 0, &dims),
      BAD(kInvalid, aclmdlGetOutputDims, desc, 9, &dims),
      BAD(kInvalid, aclmdlGetCurOutputDims, nullptr, 0, &dims),
      BAD(kInvalid, aclmdlGetDynamicBatch, nullptr, &batch),
      BAD(kInvalid, aclmdlGetDynamicBatch, desc, nullptr),
      BAD(kInvalid, aclmdlGetDynamicHW, nullptr, static_cast<size_t>(-1), &hw),
      BAD(kInvalid, aclmdlGetDynamicHW, desc, static_cast<size_t>(-1), nullptr),
      BAD(kInvalid, aclmdlGetInputDynamicGearCount, nullptr, static_cast<size_t>(-1), &index),
      BAD(kInvalid, aclmdlGetInputDynamicGearCount, desc, static_cast<size_t>(-1), nullptr),
      BAD(kInvalid, aclmdlGetInputDynamicDims, nullptr, static_cast<size_t>(-1), &dims, 1),
      BAD(kInvalid, aclDestroyDataBuffer, nullptr),
      BAD(kInvalid, aclUpdateDataBuffer, nullptr, &memory, 8),
      BAD(kInvalid, aclmdlDestroyDataset, nullptr),
      BAD(kInvalid, aclmdlAddDatasetBuffer, nullptr, nullptr),
      BAD(kInvalid, aclmdlAddDatasetBuffer, a.input, nullptr),
      BAD(kInvalid, aclmdlSetDatasetTensorDesc, nullptr, nullptr, 0),
  };
}

}  // namespace conformance

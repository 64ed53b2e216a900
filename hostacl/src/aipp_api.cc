// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// The AIPP part of acl/acl_mdl.h. Static AIPP is compiled in; of dynamic AIPP only the handle and
// its refusal are here.
#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include "acl/acl_mdl.h"
#include "call.h"
#include "dataset.h"
#include "failure.h"
#include "handle_table.h"
#include "model.h"
#include "runtime.h"

namespace hostacl {
namespace {

// What an aclmdlAIPP handle stands for: the batch alone, as nothing reads the rest.
struct AippSet {
  uint64_t batch = 1;
};

HandleTable<AippSet>& AippSets() {
  static auto& table = *new HandleTable<AippSet>(20);
  return table;
}

// Success when the handle is alive and `good` says that the arguments are in range.
aclError Check(const aclmdlAIPP* handle, bool good, const char* function) {
  if (AippSets().Find(handle) == nullptr) {
    return Fail(ACL_ERROR_INVALID_PARAM, function, ": null or destroyed AIPP handle");
  }
  if (!good) return Fail(ACL_ERROR_INVALID_PARAM, function, ": a value out of its range");
  return ACL_SUCCESS;
}

aclError CheckBatch(const aclmdlAIPP* handle, uint64_t index, bool good, const char* function) {
  const auto set = AippSets().Find(handle);
  return Check(handle, good && set != nullptr && index < set->batch, function);
}

bool IsSwitch(int8_t value) { return value == 0 || value == 1; }

aclError Refuse(uint32_t id, aclmdlDataset* dataset, size_t index, const aclmdlAIPP* handle,
                const char* function) {
  std::shared_ptr<LoadedModel> model;
  if (const aclError error = FindLoadedModel(id, &model)) return error;
  if (Datasets().Find(dataset) == nullptr) {
    return Fail(ACL_ERROR_INVALID_PARAM, function, ": null or destroyed dataset");
  }
  if (const aclError error = Check(handle, true, function)) return error;
  const OmModel& om = model->om();
  if (index < om.inputs.size() && om.inputs[index].aipp) {
    return Fail(ACL_ERROR_GE_AIPP_MODE_INVALID, function, ": input ", index, " of ", om.name,
                " has static AIPP, whose steps were fixed by atc");
  }
  return Fail(ACL_ERROR_GE_AIPP_NOT_EXIST, function, ": input ", index, " of ", om.name,
              " has no dynamic AIPP; hostacl's atc compiles static AIPP only");
}

aclAippInputFormat FormatOf(PictureFormat format) {
  switch (format) {
    case PictureFormat::kYuv420sp:
      return ACL_YUV420SP_U8;
    case PictureFormat::kXrgb8888:
      return ACL_XRGB8888_U8;
    case PictureFormat::kYuv400:
      return ACL_YUV400_U8;
    case PictureFormat::kRgb888:
      break;
  }
  return ACL_RGB888_U8;
}

void CopyDims(const std::vector<int64_t>& from, aclmdlIODims* to) {
  to->dimCount = from.size();
  std::copy(from.begin(), from.end(), to->dims);
}

void WriteSteps(const Aipp& steps, aclAippInfo* info) {
  info->inputFormat = FormatOf(steps.format);
  info->cropSwitch = steps.crop ? 1 : 0;
  info->loadStartPosW = static_cast<int32_t>(steps.crop_left);
  info->loadStartPosH = static_cast<int32_t>(steps.crop_top);
  info->cropSizeW = static_cast<int32_t>(steps.crop_width);
  info->cropSizeH = static_cast<int32_t>(steps.crop_height);
  info->paddingSwitch = steps.padding ? 1 : 0;
  info->leftPaddingSize = static_cast<int32_t>(steps.pad_left);
  info->rightPaddingSize = static_cast<int32_t>(steps.pad_right);
  info->topPaddingSize = static_cast<int32_t>(steps.pad_top);
  info->bottomPaddingSize = static_cast<int32_t>(steps.pad_bottom);
  info->cscSwitch = steps.convert ? 1 : 0;
  info->rbuvSwapSwitch = steps.swap_red_blue ? 1 : 0;
  info->axSwapSwitch = steps.swap_alpha ? 1 : 0;
  info->matrixR0C0 = steps.matrix[0];
  info->matrixR0C1 = steps.matrix[1];
  info->matrixR0C2 = steps.matrix[2];
  info->matrixR1C0 = steps.matrix[3];
  info->matrixR1C1 = steps.matrix[4];
  info->matrixR1C2 = steps.matrix[5];
  info->matrixR2C0 = steps.matrix[6];
  info->matrixR2C1 = steps.matrix[7];
  info->matrixR2C2 = steps.matrix[8];
  info->outputBias0 = steps.output_bias[0];
  info->outputBias1 = steps.output_bias[1];
  info->outputBias2 = steps.output_bias[2];
  info->inputBias0 = steps.input_bias[0];
  info->inputBias1 = steps.input_bias[1];
  info->inputBias2 = steps.input_bias[2];
  info->meanChn0 = static_cast<int32_t>(steps.mean[0]);
  info->meanChn1 = static_cast<int32_t>(steps.mean[1]);
  info->meanChn2 = static_cast<int32_t>(steps.mean[2]);
  info->meanChn3 = static_cast<int32_t>(steps.mean[3]);
  info->minChn0 = steps.least[0];
  info->minChn1 = steps.least[1];
  info->minChn2 = steps.least[2];
  info->minChn3 = steps.least[3];
  info->varReciChn0 = steps.factor[0];
  info->varReciChn1 = steps.factor[1];
  info->varReciChn2 = steps.factor[2];
  info->varReciChn3 = steps.factor[3];
}

// The input that FindLoadedModel and `index` name, or an error.
aclError FindInput(uint32_t id, size_t index, const char* function,
                   std::shared_ptr<LoadedModel>* model) {
  if (const aclError error = FindLoadedModel(id, model)) return error;
  const OmModel& om = (*model)->om();
  const size_t inputs = om.inputs.size() + (om.gears.empty() ? 0 : 1);
  if (index < inputs) return ACL_SUCCESS;
  return Fail(ACL_ERROR_INVALID_PARAM, function, ": input index ", index, " is not below ", inputs);
}

}  // namespace
}  // namespace hostacl

using hostacl::AippSet;
using hostacl::AippSets;
using hostacl::CallKind;
using hostacl::Check;
using hostacl::CheckBatch;
using hostacl::EnterCall;
using hostacl::Fail;
using hostacl::IsSwitch;
using hostacl::OmModel;
using hostacl::OmTensor;

aclmdlAIPP* aclmdlCreateAIPP(uint64_t batchSize) {
  if (batchSize == 0) {
    Fail(ACL_ERROR_INVALID_PARAM, "aclmdlCreateAIPP: a batch of 0");
    return nullptr;
  }
  return static_cast<aclmdlAIPP*>(
      AippSets().Insert(std::make_shared<AippSet>(AippSet{.batch = batchSize})));
}

aclError aclmdlDestroyAIPP(const aclmdlAIPP* aippParmsSet) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  if (AippSets().Remove(aippParmsSet) != nullptr) return ACL_SUCCESS;
  return Fail(ACL_ERROR_INVALID_PARAM, "aclmdlDestroyAIPP: null or destroyed AIPP handle");
}

aclError aclmdlGetAippDataSize(uint64_t batchSize, size_t* size) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  if (size == nullptr || batchSize == 0) {
    return Fail(ACL_ERROR_INVALID_PARAM, "aclmdlGetAippDataSize: null size or a batch of 0");
  }
  return Fail(ACL_ERROR_FEATURE_UNSUPPORTED, "aclmdlGetAippDataSize: no dynamic AIPP here");
}

aclError aclmdlSetAIPPInputFormat(aclmdlAIPP* aippParmsSet, aclAippInputFormat inputFormat) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  const bool good = inputFormat == ACL_YUV420SP_U8 || inputFormat == ACL_XRGB8888_U8 ||
                    inputFormat == ACL_RGB888_U8 || inputFormat == ACL_YUV400_U8;
  return Check(aippParmsSet, good, "aclmdlSetAIPPInputFormat");
}

aclError aclmdlSetAIPPCscParams(aclmdlAIPP* aippParmsSet, int8_t cscSwitch, int16_t, int16_t,
                                int16_t, int16_t, int16_t, int16_t, int16_t, int16_t, int16_t,
                                uint8_t, uint8_t, uint8_t, uint8_t, uint8_t, uint8_t) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  return Check(aippParmsSet, IsSwitch(cscSwitch), "aclmdlSetAIPPCscParams");
}

aclError aclmdlSetAIPPRbuvSwapSwitch(aclmdlAIPP* aippParmsSet, int8_t rbuvSwapSwitch) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  return Check(aippParmsSet, IsSwitch(rbuvSwapSwitch), "aclmdlSetAIPPRbuvSwapSwitch");
}

aclError aclmdlSetAIPPAxSwapSwitch(aclmdlAIPP* aippParmsSet, int8_t axSwapSwitch) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  return Check(aippParmsSet, IsSwitch(axSwapSwitch), "aclmdlSetAIPPAxSwapSwitch");
}

aclError aclmdlSetAIPPSrcImageSize(aclmdlAIPP* aippParmsSet, int32_t srcImageSizeW,
                                   int32_t srcImageSizeH) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  return Check(aippParmsSet, srcImageSizeW > 0 && srcImageSizeH > 0, "aclmdlSetAIPPSrcImageSize");
}

aclError aclmdlSetAIPPScfParams(aclmdlAIPP* aippParmsSet, int8_t scfSwitch, int32_t, int32_t,
                                int32_t, int32_t, uint64_t batchIndex) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  return CheckBatch(aippParmsSet, batchIndex, IsSwitch(scfSwitch), "aclmdlSetAIPPScfParams");
}

aclError aclmdlSetAIPPCropParams(aclmdlAIPP* aippParmsSet, int8_t cropSwitch, int32_t, int32_t,
                                 int32_t, int32_t, uint64_t batchIndex) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  return CheckBatch(aippParmsSet, batchIndex, IsSwitch(cropSwitch), "aclmdlSetAIPPCropParams");
}

aclError aclmdlSetAIPPPaddingParams(aclmdlAIPP* aippParmsSet, int8_t paddingSwitch, int32_t,
                                    int32_t, int32_t, int32_t, uint64_t batchIndex) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  return CheckBatch(aippParmsSet, batchIndex, IsSwitch(paddingSwitch),
                    "aclmdlSetAIPPPaddingParams");
}

aclError aclmdlSetAIPPDtcPixelMean(aclmdlAIPP* aippParmsSet, int16_t, int16_t, int16_t, int16_t,
                                   uint64_t batchIndex) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  return CheckBatch(aippParmsSet, batchIndex, true, "aclmdlSetAIPPDtcPixelMean");
}

aclError aclmdlSetAIPPDtcPixelMin(aclmdlAIPP* aippParmsSet, float, float, float, float,
                                  uint64_t batchIndex) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  return CheckBatch(aippParmsSet, batchIndex, true, "aclmdlSetAIPPDtcPixelMin");
}

aclError aclmdlSetAIPPPixelVarReci(aclmdlAIPP* aippParmsSet, float, float, float, float,
                                   uint64_t batchIndex) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  return CheckBatch(aippParmsSet, batchIndex, true, "aclmdlSetAIPPPixelVarReci");
}

aclError aclmdlSetInputAIPP(uint32_t modelId, aclmdlDataset* dataset, size_t index,
                            const aclmdlAIPP* aippParmsSet) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  return hostacl::Refuse(modelId, dataset, index, aippParmsSet, "aclmdlSetInputAIPP");
}

aclError aclmdlSetAIPPByInputIndex(uint32_t modelId, aclmdlDataset* dataset, size_t index,
                                   const aclmdlAIPP* aippParmsSet) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  return hostacl::Refuse(modelId, dataset, index, aippParmsSet, "aclmdlSetAIPPByInputIndex");
}

aclError aclmdlGetAippType(uint32_t modelId, size_t index, aclmdlInputAippType* type,
                           size_t* dynamicAttachedDataIndex) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  if (type == nullptr || dynamicAttachedDataIndex == nullptr) {
    return Fail(ACL_ERROR_INVALID_PARAM, "aclmdlGetAippType: null argument");
  }
  std::shared_ptr<hostacl::LoadedModel> model;
  const aclError error = hostacl::FindInput(modelId, index, "aclmdlGetAippType", &model);
  if (error != ACL_SUCCESS) return error;
  const auto& inputs = model->om().inputs;
  *type = index < inputs.size() && inputs[index].aipp ? ACL_DATA_WITH_STATIC_AIPP
                                                      : ACL_DATA_WITHOUT_AIPP;
  *dynamicAttachedDataIndex = ACL_INVALID_NODE_INDEX;
  return ACL_SUCCESS;
}

aclError aclmdlGetFirstAippInfo(uint32_t modelId, size_t index, aclAippInfo* aippInfo) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  if (aippInfo == nullptr) {
    return Fail(ACL_ERROR_INVALID_PARAM, "aclmdlGetFirstAippInfo: null argument");
  }
  std::shared_ptr<hostacl::LoadedModel> model;
  const aclError error = hostacl::FindInput(modelId, index, "aclmdlGetFirstAippInfo", &model);
  if (error != ACL_SUCCESS) return error;
  const OmModel& om = model->om();
  if (index >= om.inputs.size() || !om.inputs[index].aipp) {
    return Fail(ACL_ERROR_NOT_STATIC_AIPP, "input ", index, " of ", om.name, " has no static AIPP");
  }
  const OmTensor& input = om.inputs[index];
  std::memset(aippInfo, 0, sizeof *aippInfo);  // too large for a temporary
  hostacl::WriteSteps(input.aipp->steps, aippInfo);
  if (om.kind != hostacl::GearKind::kImage) {
    aippInfo->srcImageSizeW = static_cast<int32_t>(input.dims[2]);
    aippInfo->srcImageSizeH = static_cast<int32_t>(input.aipp->steps.HeightOf(input.dims[1]));
  }
  aippInfo->srcFormat = input.aipp->channels_first ? ACL_FORMAT_NCHW : ACL_FORMAT_NHWC;
  aippInfo->srcDatatype = input.aipp->type;
  aippInfo->srcDimNum = 4;
  aippInfo->shapeCount = std::min<size_t>(om.gear_count(), ACL_MAX_SHAPE_COUNT);
  for (size_t gear = 0; gear < aippInfo->shapeCount; ++gear) {
    aclAippDims& dims = aippInfo->outDims[gear];
    hostacl::CopyDims(input.DimsAt(gear), &dims.srcDims);
    dims.srcSize = input.BytesAt(gear);
    hostacl::CopyDims(input.GraphDimsAt(gear), &dims.aippOutdims);
    OmTensor behind;
    behind.type = input.aipp->type;
    behind.dims = input.GraphDimsAt(gear);
    dims.aippOutSize = behind.BytesAt(0);
  }
  return ACL_SUCCESS;
}

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// What descriptions say about gears: acl/acl_mdl.h.
#include <algorithm>
#include <vector>

#include "acl/acl_mdl.h"
#include "call.h"
#include "description.h"
#include "failure.h"

using hostacl::CallKind;
using hostacl::EnterCall;
using hostacl::Fail;
using hostacl::FindDescription;
using hostacl::GearKind;
using hostacl::OmModel;
using hostacl::OmTensor;

aclError aclmdlGetDynamicBatch(const aclmdlDesc* modelDesc, aclmdlBatch* batch) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  const auto description = FindDescription(modelDesc);
  if (description == nullptr || batch == nullptr) {
    return Fail(ACL_ERROR_INVALID_PARAM, "aclmdlGetDynamicBatch: null or unfilled argument");
  }
  *batch = aclmdlBatch{};
  const OmModel& om = description->model->om;
  if (om.kind != GearKind::kBatch) return ACL_SUCCESS;
  batch->batchCount = om.gears.size();
  for (size_t i = 0; i < om.gears.size(); ++i) batch->batch[i] = om.gears[i][0];
  return ACL_SUCCESS;
}

aclError aclmdlGetDynamicHW(const aclmdlDesc* modelDesc, size_t index, aclmdlHW* hw) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  (void)index;  // the sizes are the same for all inputs; callers pass -1
  const auto description = FindDescription(modelDesc);
  if (description == nullptr || hw == nullptr) {
    return Fail(ACL_ERROR_INVALID_PARAM, "aclmdlGetDynamicHW: null or unfilled argument");
  }
  *hw = aclmdlHW{};
  const OmModel& om = description->model->om;
  if (om.kind != GearKind::kImage) return ACL_SUCCESS;
  hw->hwCount = om.gears.size();
  for (size_t i = 0; i < om.gears.size(); ++i) {
    std::copy(om.gears[i].begin(), om.gears[i].end(), hw->hw[i]);
  }
  return ACL_SUCCESS;
}

aclError aclmdlGetInputDynamicGearCount(const aclmdlDesc* modelDesc, size_t index,
                                        size_t* gearCount) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  const auto description = FindDescription(modelDesc);
  if (description == nullptr || gearCount == nullptr) {
    return Fail(ACL_ERROR_INVALID_PARAM,
                "aclmdlGetInputDynamicGearCount: null or unfilled argument");
  }
  if (index != static_cast<size_t>(-1)) {
    return Fail(ACL_ERROR_INVALID_PARAM, "aclmdlGetInputDynamicGearCount: index ", index,
                " must be -1: a gear belongs to all inputs");
  }
  const OmModel& om = description->model->om;
  *gearCount = om.kind == GearKind::kDims ? om.gears.size() : 0;
  return ACL_SUCCESS;
}

aclError aclmdlGetInputDynamicDims(const aclmdlDesc* modelDesc, size_t index, aclmdlIODims* dims,
                                   size_t gearCount) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  const auto description = FindDescription(modelDesc);
  if (description == nullptr || dims == nullptr) {
    return Fail(ACL_ERROR_INVALID_PARAM, "aclmdlGetInputDynamicDims: null or unfilled argument");
  }
  if (index != static_cast<size_t>(-1)) {
    return Fail(ACL_ERROR_INVALID_PARAM, "aclmdlGetInputDynamicDims: index ", index,
                " must be -1: a gear belongs to all inputs");
  }
  const OmModel& om = description->model->om;
  const size_t gears = om.kind == GearKind::kDims ? om.gears.size() : 0;
  if (gearCount < gears) {
    return Fail(ACL_ERROR_INVALID_PARAM, "aclmdlGetInputDynamicDims: room for ", gearCount,
                " gears, model ", om.name, " has ", gears);
  }
  for (size_t gear = 0; gear < gears; ++gear) {
    dims[gear] = aclmdlIODims{};
    for (const OmTensor& input : om.inputs) {
      for (const int64_t dim : input.DimsAt(gear)) {
        if (dims[gear].dimCount == ACL_MAX_DIM_CNT) {
          return Fail(ACL_ERROR_STORAGE_OVER_LIMIT, "aclmdlGetInputDynamicDims: the inputs of ",
                      om.name, " have more than 128 dims");
        }
        dims[gear].dims[dims[gear].dimCount++] = dim;
      }
    }
  }
  return ACL_SUCCESS;
}

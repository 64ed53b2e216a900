// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// Tensor descriptions of acl/acl_base.h.
#include <algorithm>
#include <memory>

#include "acl/acl_mdl.h"
#include "call.h"
#include "data_type.h"
#include "failure.h"
#include "tensor_desc.h"

using hostacl::CallKind;
using hostacl::EnterCall;
using hostacl::Fail;
using hostacl::TensorDesc;
using hostacl::TensorDescs;

namespace hostacl {

HandleTable<TensorDesc>& TensorDescs() {
  static auto& table = *new HandleTable<TensorDesc>(9);
  return table;
}

}  // namespace hostacl

namespace {

std::shared_ptr<TensorDesc> Find(const aclTensorDesc* handle, const char* function) {
  std::shared_ptr<TensorDesc> desc = TensorDescs().Find(handle);
  if (desc == nullptr) {
    Fail(ACL_ERROR_INVALID_PARAM, function, ": null or destroyed tensor description");
  }
  return desc;
}

bool UnknownRank(const TensorDesc& desc) { return desc.dims.size() == 1 && desc.dims[0] == -2; }

// Copies a shape; false when it is none.
bool TakeDims(int count, const int64_t* from, std::vector<int64_t>* dims) {
  if (count < 0 || count > ACL_MAX_DIM_CNT || (count > 0 && from == nullptr)) return false;
  for (int i = 0; i < count; ++i) {
    if (from[i] < -2 || (from[i] == -2 && count != 1)) return false;
  }
  dims->assign(from, from + count);
  return true;
}

aclError SetDims(const char* function, aclTensorDesc* handle, int count, const int64_t* from,
                 std::vector<int64_t> TensorDesc::* member) {
  const auto desc = Find(handle, function);
  if (desc == nullptr) return ACL_ERROR_INVALID_PARAM;
  if (TakeDims(count, from, &(desc.get()->*member))) return ACL_SUCCESS;
  return Fail(ACL_ERROR_INVALID_PARAM, function, ": ", count, " dims, or one of them, is no shape");
}

aclError SetFormat(const char* function, aclTensorDesc* handle, aclFormat format,
                   aclFormat TensorDesc::* member) {
  const auto desc = Find(handle, function);
  if (desc == nullptr) return ACL_ERROR_INVALID_PARAM;
  desc.get()->*member = format;
  return ACL_SUCCESS;
}

}  // namespace

aclTensorDesc* aclCreateTensorDesc(aclDataType dataType, int numDims, const int64_t* dims,
                                   aclFormat format) {
  auto desc = std::make_shared<TensorDesc>();
  desc->type = dataType;
  desc->format = format;
  if (!TakeDims(numDims, dims, &desc->dims)) {
    Fail(ACL_ERROR_INVALID_PARAM, "aclCreateTensorDesc: ", numDims,
         " dims, or one of them, is no shape");
    return nullptr;
  }
  return static_cast<aclTensorDesc*>(TensorDescs().Insert(std::move(desc)));
}

void aclDestroyTensorDesc(const aclTensorDesc* desc) {
  if (Find(desc, "aclDestroyTensorDesc") != nullptr) TensorDescs().Remove(desc);
}

aclError aclSetTensorShapeRange(aclTensorDesc* handle, size_t dimsCount,
                                int64_t dimsRange[][ACL_TENSOR_SHAPE_RANGE_NUM]) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  const auto desc = Find(handle, "aclSetTensorShapeRange");
  if (desc == nullptr) return ACL_ERROR_INVALID_PARAM;
  if (dimsRange == nullptr || (dimsCount != desc->dims.size() && !UnknownRank(*desc))) {
    return Fail(ACL_ERROR_INVALID_PARAM, "aclSetTensorShapeRange: null ranges, or ", dimsCount,
                " of them for ", desc->dims.size(), " dims");
  }
  desc->ranges.clear();
  for (size_t i = 0; i < dimsCount; ++i) {
    desc->ranges.push_back({dimsRange[i][0], dimsRange[i][1]});
  }
  return ACL_SUCCESS;
}

aclDataType aclGetTensorDescType(const aclTensorDesc* handle) {
  const auto desc = Find(handle, "aclGetTensorDescType");
  return desc == nullptr ? ACL_DT_UNDEFINED : desc->type;
}

aclFormat aclGetTensorDescFormat(const aclTensorDesc* handle) {
  const auto desc = Find(handle, "aclGetTensorDescFormat");
  return desc == nullptr ? ACL_FORMAT_UNDEFINED : desc->format;
}

size_t aclGetTensorDescElementCount(const aclTensorDesc* handle) {
  const auto desc = Find(handle, "aclGetTensorDescElementCount");
  if (desc == nullptr) return 0;
  size_t count = 1;
  for (const int64_t dim : desc->dims) {
    if (dim < 0 || __builtin_mul_overflow(count, static_cast<size_t>(dim), &count)) return 0;
  }
  return count;
}

size_t aclGetTensorDescSize(const aclTensorDesc* handle) {
  size_t size = 0;
  const size_t bytes = hostacl::DataTypeSize(aclGetTensorDescType(handle));
  const size_t count = aclGetTensorDescElementCount(handle);
  return __builtin_mul_overflow(count, bytes, &size) ? 0 : size;
}

size_t aclGetTensorDescNumDims(const aclTensorDesc* handle) {
  const auto desc = Find(handle, "aclGetTensorDescNumDims");
  if (desc == nullptr) return 0;
  return UnknownRank(*desc) ? ACL_UNKNOWN_RANK : desc->dims.size();
}

int64_t aclGetTensorDescDim(const aclTensorDesc* desc, size_t index) {
  int64_t dim = -1;
  return aclGetTensorDescDimV2(desc, index, &dim) == ACL_SUCCESS ? dim : -1;
}

aclError aclGetTensorDescDimV2(const aclTensorDesc* handle, size_t index, int64_t* dimSize) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  const auto desc = Find(handle, "aclGetTensorDescDimV2");
  if (desc == nullptr) return ACL_ERROR_INVALID_PARAM;
  if (dimSize == nullptr || index >= desc->dims.size()) {
    return Fail(ACL_ERROR_INVALID_PARAM, "aclGetTensorDescDimV2: null argument, or index ", index,
                " is not below ", desc->dims.size());
  }
  *dimSize = desc->dims[index];
  return ACL_SUCCESS;
}

aclError aclGetTensorDescDimRange(const aclTensorDesc* handle, size_t index, size_t dimRangeNum,
                                  int64_t* dimRange) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  const auto desc = Find(handle, "aclGetTensorDescDimRange");
  if (desc == nullptr) return ACL_ERROR_INVALID_PARAM;
  if (dimRange == nullptr || dimRangeNum != ACL_TENSOR_SHAPE_RANGE_NUM) {
    return Fail(ACL_ERROR_INVALID_PARAM, "aclGetTensorDescDimRange: null argument, or room for ",
                dimRangeNum, " numbers instead of 2");
  }
  if (desc->ranges.empty()) {
    return Fail(ACL_ERROR_API_NOT_SUPPORT, "aclGetTensorDescDimRange: no range was set");
  }
  if (index >= desc->ranges.size()) {
    return Fail(ACL_ERROR_INVALID_PARAM, "aclGetTensorDescDimRange: index ", index,
                " is not below ", desc->ranges.size());
  }
  std::copy(desc->ranges[index].begin(), desc->ranges[index].end(), dimRange);
  return ACL_SUCCESS;
}

void aclSetTensorDescName(aclTensorDesc* handle, const char* name) {
  const auto desc = Find(handle, "aclSetTensorDescName");
  if (desc != nullptr) desc->name = name != nullptr ? name : "";
}

const char* aclGetTensorDescName(aclTensorDesc* handle) {
  const auto desc = Find(handle, "aclGetTensorDescName");
  return desc == nullptr ? "" : desc->name.c_str();  // the table keeps the object
}

aclError aclSetTensorFormat(aclTensorDesc* desc, aclFormat format) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  return SetFormat(__func__, desc, format, &TensorDesc::storage_format);
}
aclError aclSetTensorShape(aclTensorDesc* desc, int numDims, const int64_t* dims) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  return SetDims(__func__, desc, numDims, dims, &TensorDesc::storage_dims);
}
aclError aclSetTensorOriginFormat(aclTensorDesc* desc, aclFormat format) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  return SetFormat(__func__, desc, format, &TensorDesc::origin_format);
}
aclError aclSetTensorOriginShape(aclTensorDesc* desc, int numDims, const int64_t* dims) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  return SetDims(__func__, desc, numDims, dims, &TensorDesc::origin_dims);
}
aclError aclSetTensorStorageFormat(aclTensorDesc* desc, aclFormat format) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  return SetFormat(__func__, desc, format, &TensorDesc::storage_format);
}
aclError aclSetTensorStorageShape(aclTensorDesc* desc, int numDims, const int64_t* dims) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  return SetDims(__func__, desc, numDims, dims, &TensorDesc::storage_dims);
}

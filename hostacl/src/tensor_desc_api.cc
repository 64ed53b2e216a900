// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// The tensor descriptions of acl/acl_base.h.
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "acl/acl_base.h"
#include "acl/acl_mdl.h"
#include "data_type.h"
#include "failure.h"
#include "tensor_desc.h"

namespace hostacl {

HandleTable<TensorDesc>& TensorDescs() {
  static auto& table = *new HandleTable<TensorDesc>(21);
  return table;
}

size_t TensorDesc::elements() const {
  if (unknown_rank) return 0;
  size_t count = 1;
  for (const int64_t dim : dims) {
    if (dim <= 0) return 0;
    const auto size = static_cast<size_t>(dim);
    if (count > std::numeric_limits<size_t>::max() / size / 16) return 0;
    count *= size;
  }
  return count;
}

namespace {

constexpr int64_t kUnknownRank = -2;

std::shared_ptr<TensorDesc> Find(const aclTensorDesc* handle, const char* function) {
  std::shared_ptr<TensorDesc> desc = TensorDescs().Find(handle);
  if (desc == nullptr) {
    Fail(ACL_ERROR_INVALID_PARAM, function, ": null or destroyed tensor description");
  }
  return desc;
}

bool ReadDims(int count, const int64_t* values, std::vector<int64_t>* dims) {
  if (count < 0 || count > ACL_MAX_DIM_CNT || (count > 0 && values == nullptr)) return false;
  dims->assign(values, values + count);
  return true;
}

aclError SetDims(aclTensorDesc* handle, int count, const int64_t* values,
                 std::vector<int64_t> TensorDesc::* field, const char* function) {
  const auto desc = Find(handle, function);
  if (desc == nullptr) return ACL_ERROR_INVALID_PARAM;
  std::vector<int64_t> dims;
  if (!ReadDims(count, values, &dims)) {
    return Fail(ACL_ERROR_INVALID_PARAM, function, ": ", count, " dims, or a null pointer to them");
  }
  (*desc).*field = std::move(dims);
  return ACL_SUCCESS;
}

aclError SetFormat(aclTensorDesc* handle, aclFormat format, aclFormat TensorDesc::* field,
                   const char* function) {
  const auto desc = Find(handle, function);
  if (desc == nullptr) return ACL_ERROR_INVALID_PARAM;
  (*desc).*field = format;
  return ACL_SUCCESS;
}

}  // namespace
}  // namespace hostacl

using hostacl::Fail;
using hostacl::Find;
using hostacl::TensorDesc;
using hostacl::TensorDescs;

aclTensorDesc* aclCreateTensorDesc(aclDataType dataType, int numDims, const int64_t* dims,
                                   aclFormat format) {
  auto desc = std::make_shared<TensorDesc>();
  if (!hostacl::ReadDims(numDims, dims, &desc->dims)) {
    Fail(ACL_ERROR_INVALID_PARAM, "aclCreateTensorDesc: ", numDims,
         " dims, or a null pointer to them");
    return nullptr;
  }
  if (numDims == 1 && dims[0] == hostacl::kUnknownRank) {
    desc->unknown_rank = true;
    desc->dims.clear();
  }
  for (const int64_t dim : desc->dims) {
    if (dim >= -1) continue;
    Fail(ACL_ERROR_INVALID_PARAM, "aclCreateTensorDesc: a dim of ", dim);
    return nullptr;
  }
  desc->type = dataType;
  desc->format = format;
  return static_cast<aclTensorDesc*>(TensorDescs().Insert(std::move(desc)));
}

void aclDestroyTensorDesc(const aclTensorDesc* desc) {
  if (Find(desc, "aclDestroyTensorDesc") != nullptr) TensorDescs().Remove(desc);
}

aclError aclSetTensorShapeRange(aclTensorDesc* desc, size_t dimsCount,
                                int64_t dimsRange[][ACL_TENSOR_SHAPE_RANGE_NUM]) {
  const auto found = Find(desc, "aclSetTensorShapeRange");
  if (found == nullptr) return ACL_ERROR_INVALID_PARAM;
  if (dimsRange == nullptr || dimsCount != found->dims.size()) {
    return Fail(ACL_ERROR_INVALID_PARAM, "aclSetTensorShapeRange: ", dimsCount, " ranges for ",
                found->dims.size(), " dims, or null");
  }
  found->ranges.clear();
  for (size_t i = 0; i < dimsCount; ++i) {
    found->ranges.push_back({dimsRange[i][0], dimsRange[i][1]});
  }
  return ACL_SUCCESS;
}

aclDataType aclGetTensorDescType(const aclTensorDesc* desc) {
  const auto found = Find(desc, "aclGetTensorDescType");
  return found == nullptr ? ACL_DT_UNDEFINED : found->type;
}

aclFormat aclGetTensorDescFormat(const aclTensorDesc* desc) {
  const auto found = Find(desc, "aclGetTensorDescFormat");
  return found == nullptr ? ACL_FORMAT_UNDEFINED : found->format;
}

size_t aclGetTensorDescSize(const aclTensorDesc* desc) {
  const auto found = Find(desc, "aclGetTensorDescSize");
  return found == nullptr ? 0 : found->elements() * hostacl::DataTypeSize(found->type);
}

size_t aclGetTensorDescElementCount(const aclTensorDesc* desc) {
  const auto found = Find(desc, "aclGetTensorDescElementCount");
  return found == nullptr ? 0 : found->elements();
}

size_t aclGetTensorDescNumDims(const aclTensorDesc* desc) {
  const auto found = Find(desc, "aclGetTensorDescNumDims");
  if (found == nullptr) return 0;
  return found->unknown_rank ? static_cast<size_t>(ACL_UNKNOWN_RANK) : found->dims.size();
}

int64_t aclGetTensorDescDim(const aclTensorDesc* desc, size_t index) {
  int64_t dim = -1;
  aclGetTensorDescDimV2(desc, index, &dim);
  return dim;
}

aclError aclGetTensorDescDimV2(const aclTensorDesc* desc, size_t index, int64_t* dimSize) {
  const auto found = Find(desc, "aclGetTensorDescDimV2");
  if (found == nullptr) return ACL_ERROR_INVALID_PARAM;
  if (dimSize == nullptr || index >= found->dims.size()) {
    return Fail(ACL_ERROR_INVALID_PARAM, "aclGetTensorDescDimV2: null, or index ", index,
                " is not below ", found->dims.size());
  }
  *dimSize = found->dims[index];
  return ACL_SUCCESS;
}

aclError aclGetTensorDescDimRange(const aclTensorDesc* desc, size_t index, size_t dimRangeNum,
                                  int64_t* dimRange) {
  const auto found = Find(desc, "aclGetTensorDescDimRange");
  if (found == nullptr) return ACL_ERROR_INVALID_PARAM;
  if (dimRange == nullptr || dimRangeNum != ACL_TENSOR_SHAPE_RANGE_NUM ||
      index >= found->dims.size()) {
    return Fail(ACL_ERROR_INVALID_PARAM, "aclGetTensorDescDimRange: null, no room for 2, or index ",
                index, " is not below ", found->dims.size());
  }
  if (found->ranges.empty()) {
    return Fail(ACL_ERROR_API_NOT_SUPPORT, "aclGetTensorDescDimRange: no range was set");
  }
  dimRange[0] = found->ranges[index][0];
  dimRange[1] = found->ranges[index][1];
  return ACL_SUCCESS;
}

void aclSetTensorDescName(aclTensorDesc* desc, const char* name) {
  const auto found = Find(desc, "aclSetTensorDescName");
  if (found != nullptr) found->name = name == nullptr ? "" : name;
}

const char* aclGetTensorDescName(aclTensorDesc* desc) {
  const auto found = Find(desc, "aclGetTensorDescName");
  return found == nullptr ? "" : found->name.c_str();
}

aclError aclSetTensorFormat(aclTensorDesc* desc, aclFormat format) {
  return hostacl::SetFormat(desc, format, &TensorDesc::storage_format, "aclSetTensorFormat");
}

aclError aclSetTensorShape(aclTensorDesc* desc, int numDims, const int64_t* dims) {
  return hostacl::SetDims(desc, numDims, dims, &TensorDesc::storage_dims, "aclSetTensorShape");
}

aclError aclSetTensorOriginFormat(aclTensorDesc* desc, aclFormat format) {
  return hostacl::SetFormat(desc, format, &TensorDesc::origin_format, "aclSetTensorOriginFormat");
}

aclError aclSetTensorOriginShape(aclTensorDesc* desc, int numDims, const int64_t* dims) {
  return hostacl::SetDims(desc, numDims, dims, &TensorDesc::origin_dims, "aclSetTensorOriginShape");
}

aclError aclSetTensorStorageFormat(aclTensorDesc* desc, aclFormat format) {
  return aclSetTensorFormat(desc, format);
}

aclError aclSetTensorStorageShape(aclTensorDesc* desc, int numDims, const int64_t* dims) {
  return aclSetTensorShape(desc, numDims, dims);
}

// No description here belongs to memory: those that do come from aclmdlCreateAndGetOpDesc.
void* aclGetTensorDescAddress(const aclTensorDesc* desc) {
  (void)Find(desc, "aclGetTensorDescAddress");
  return nullptr;
}

aclTensorDesc* aclGetTensorDescByIndex(aclTensorDesc* desc, size_t index) {
  const auto found = Find(desc, "aclGetTensorDescByIndex");
  return found == nullptr || index > 0 ? nullptr : desc;
}

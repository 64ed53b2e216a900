// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/device/model_info.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "pipelines/base/status_macros.h"
#include "server/device/acl_status.h"

namespace omserve {
namespace {

absl::StatusOr<DType> FromAcl(aclDataType type) {
  switch (type) {
    case ACL_FLOAT:
      return DType::kFloat32;
    case ACL_FLOAT16:
      return DType::kFloat16;
    case ACL_UINT8:
    case ACL_BOOL:
      return DType::kUint8;
    case ACL_INT32:
      return DType::kInt32;
    case ACL_INT64:
      return DType::kInt64;
    default:
      return absl::FailedPreconditionError(
          absl::StrCat("unsupported element type of ACL: ", static_cast<int>(type)));
  }
}

// One side of the description, so that inputs and outputs are read by the same code.
struct Side {
  size_t (*size)(aclmdlDesc*, size_t);
  const char* (*name)(const aclmdlDesc*, size_t);
  aclError (*dims)(const aclmdlDesc*, size_t, aclmdlIODims*);
  aclDataType (*type)(const aclmdlDesc*, size_t);
};

absl::StatusOr<ModelTensor> ReadTensor(const AclApi& api, aclmdlDesc* desc, const Side& side,
                                       size_t index) {
  ModelTensor tensor;
  const char* name = side.name(desc, index);
  tensor.name = name == nullptr ? "" : name;
  tensor.bytes = side.size(desc, index);
  OMSERVE_ASSIGN_OR_RETURN(tensor.dtype, FromAcl(side.type(desc, index)));
  auto dims = std::make_unique<aclmdlIODims>();  // too large for a stack
  OMSERVE_RETURN_IF_ERROR(
      AclStatus(api, side.dims(desc, index, dims.get()), "reading the shape of a tensor"));
  if (dims->dimCount > std::size(dims->dims)) {
    return absl::FailedPreconditionError(
        absl::StrCat(tensor.name, " has ", dims->dimCount, " dimensions; the file is damaged"));
  }
  tensor.shape.assign(dims->dims, dims->dims + dims->dimCount);
  return tensor;
}

constexpr int64_t kMostBytes = int64_t{1} << 40;  // of a tensor; more than any device has
constexpr size_t kMostGear = 1 << 20;

// Splits the tensor into rows, or says why that cannot be done.
absl::Status SetRows(ModelTensor& tensor, int max_gear) {
  const bool whole =
      !tensor.shape.empty() && tensor.shape[0] % max_gear == 0 &&
      std::all_of(tensor.shape.begin(), tensor.shape.end(), [](int64_t dim) { return dim > 0; });
  if (!whole) {
    return absl::FailedPreconditionError(
        absl::StrCat("dimension 0 of every tensor must count the ", max_gear,
                     " items of the batch, and no other may be open: ", tensor.name, " ",
                     ShapeString(tensor.shape)));
  }
  OMSERVE_ASSIGN_OR_RETURN(const size_t bytes, BytesOfShape(tensor.shape, tensor.dtype));
  tensor.row_bytes = bytes / static_cast<size_t>(max_gear);
  tensor.bytes = std::max(tensor.bytes, bytes);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<size_t> BytesOfShape(const Shape& shape, DType dtype) {
  auto bytes = static_cast<int64_t>(DTypeSize(dtype));
  for (const int64_t dim : shape) {
    if (dim <= 0 || dim > kMostBytes / bytes) {
      return absl::FailedPreconditionError(absl::StrCat(
          "a tensor of shape ", ShapeString(shape), " cannot be served: no dimension may be open ",
          "or 0, and no tensor larger than 1 TiB; is the file damaged?"));
    }
    bytes *= dim;
  }
  return static_cast<size_t>(bytes);
}

Shape ModelTensor::ShapeFor(int64_t items, int max_gear) const {
  Shape result = shape;
  result[0] = shape[0] / max_gear * items;
  return result;
}

int ModelInfo::GearFor(int64_t items) const {
  const auto gear = std::lower_bound(gears.begin(), gears.end(), items);
  return gear == gears.end() ? gears.back() : *gear;
}

absl::StatusOr<ModelInfo> ModelInfo::Read(const AclApi& api, uint32_t model_id) {
  std::unique_ptr<aclmdlDesc, decltype(api.aclmdlDestroyDesc)> desc(api.aclmdlCreateDesc(),
                                                                    api.aclmdlDestroyDesc);
  OMSERVE_RETURN_IF_ERROR(
      AclStatus(api, api.aclmdlGetDesc(desc.get(), model_id), "reading a model's description"));
  ModelInfo info;
  auto batch = std::make_unique<aclmdlBatch>();
  OMSERVE_RETURN_IF_ERROR(
      AclStatus(api, api.aclmdlGetDynamicBatch(desc.get(), batch.get()), "reading the gears"));
  info.dynamic = batch->batchCount > 0;
  for (size_t i = 0; i < batch->batchCount; ++i) {
    if (i >= std::size(batch->batch) || batch->batch[i] < 1 || batch->batch[i] > kMostGear) {
      return absl::FailedPreconditionError("the gears of the model make no sense; is it damaged?");
    }
    info.gears.push_back(static_cast<int>(batch->batch[i]));
  }
  std::sort(info.gears.begin(), info.gears.end());

  size_t inputs = api.aclmdlGetNumInputs(desc.get());
  if (info.dynamic) {
    OMSERVE_RETURN_IF_ERROR(AclStatus(
        api, api.aclmdlGetInputIndexByName(desc.get(), ACL_DYNAMIC_TENSOR_NAME, &info.gear_index),
        "finding the input that selects the gear"));
    info.gear_bytes = api.aclmdlGetInputSizeByIndex(desc.get(), info.gear_index);
    if (info.gear_index + 1 != inputs) {
      return absl::FailedPreconditionError("the input that selects the gear is not the last one");
    }
    --inputs;
  }
  const Side in{api.aclmdlGetInputSizeByIndex, api.aclmdlGetInputNameByIndex,
                api.aclmdlGetInputDims, api.aclmdlGetInputDataType};
  for (size_t i = 0; i < inputs; ++i) {
    OMSERVE_ASSIGN_OR_RETURN(ModelTensor tensor, ReadTensor(api, desc.get(), in, i));
    if (tensor.name == ACL_DYNAMIC_TENSOR_NAME) {
      return absl::FailedPreconditionError(
          "only --dynamic_batch_size can be served, not dynamic image sizes or dims");
    }
    info.inputs.push_back(std::move(tensor));
  }
  const Side out{api.aclmdlGetOutputSizeByIndex, api.aclmdlGetOutputNameByIndex,
                 api.aclmdlGetOutputDims, api.aclmdlGetOutputDataType};
  const size_t outputs = api.aclmdlGetNumOutputs(desc.get());
  for (size_t i = 0; i < outputs; ++i) {
    OMSERVE_ASSIGN_OR_RETURN(ModelTensor tensor, ReadTensor(api, desc.get(), out, i));
    info.outputs.push_back(std::move(tensor));
  }
  if (info.inputs.empty() || info.outputs.empty()) {
    return absl::FailedPreconditionError("the model has no input or no output");
  }
  if (!info.dynamic) {
    const Shape& shape = info.inputs.front().shape;
    const int64_t rows = shape.empty() || shape[0] <= 0 ? 1 : shape[0];
    if (rows > static_cast<int64_t>(kMostGear)) {
      return absl::FailedPreconditionError(absl::StrCat("the model was compiled for a batch of ",
                                                        rows, "; the most is ", kMostGear));
    }
    info.gears = {static_cast<int>(rows)};
  }
  for (ModelTensor& tensor : info.inputs) {
    if (info.dynamic && !tensor.shape.empty() && tensor.shape[0] < 0) {
      tensor.shape[0] = info.max_gear();  // some versions show the open dimension
    }
    OMSERVE_RETURN_IF_ERROR(SetRows(tensor, info.max_gear()));
  }
  for (ModelTensor& tensor : info.outputs) {
    OMSERVE_RETURN_IF_ERROR(SetRows(tensor, info.max_gear()));
  }
  return info;
}

}  // namespace omserve

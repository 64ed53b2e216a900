// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// The model description part of acl/acl_mdl.h.
#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "acl/acl_mdl.h"
#include "failure.h"
#include "model.h"
#include "runtime.h"

namespace hostacl {
namespace {

// What an aclmdlDesc handle stands for. Owned by the table; its content is set once by
// aclmdlGetDesc. Thread-compatible, as the C interface promises no more.
struct Description {
  std::shared_ptr<ModelInfo> model;
  std::vector<OmTensor> inputs;  // with the gear input
  std::vector<OmTensor> outputs;
};

HandleTable<Description>& Descriptions() {
  static auto& table = *new HandleTable<Description>(6);
  return table;
}

std::shared_ptr<Description> Find(const aclmdlDesc* handle) {
  std::shared_ptr<Description> description = Descriptions().Find(handle);
  if (description == nullptr || description->model == nullptr) {
    Fail(ACL_ERROR_INVALID_PARAM,
         "null, destroyed or unfilled model description; fill it by"
         " aclmdlGetDesc");
    return nullptr;
  }
  return description;
}

enum class Side { kInput, kOutput };

// Copies one tensor and the model's largest batch; false with a message when there is none.
bool FindTensor(const aclmdlDesc* handle, Side side, size_t index,
                std::shared_ptr<Description>* description, const OmTensor** tensor) {
  *description = Find(handle);
  if (*description == nullptr) return false;
  const auto& tensors = side == Side::kInput ? (*description)->inputs : (*description)->outputs;
  if (index >= tensors.size()) {
    Fail(ACL_ERROR_INVALID_PARAM, side == Side::kInput ? "input" : "output", " index ", index,
         " is not below ", tensors.size());
    return false;
  }
  *tensor = &tensors[index];
  return true;
}

aclError WriteDims(const aclmdlDesc* handle, Side side, size_t index, bool current,
                   aclmdlIODims* dims) {
  std::shared_ptr<Description> description;
  const OmTensor* tensor = nullptr;
  if (dims == nullptr) return Fail(ACL_ERROR_INVALID_PARAM, "null dims");
  if (!FindTensor(handle, side, index, &description, &tensor)) return ACL_ERROR_INVALID_PARAM;
  const ModelInfo& model = *description->model;
  // The dims of a gear input keep their -1, as on a card; all others are those of a batch.
  const std::vector<int64_t> values =
      side == Side::kInput ? tensor->dims
                           : tensor->DimsAt(current ? model.gear.load() : model.om.max_batch());
  *dims = aclmdlIODims{};
  std::strncpy(dims->name, tensor->name.c_str(), sizeof dims->name - 1);
  dims->dimCount = values.size();
  std::copy(values.begin(), values.end(), dims->dims);
  return ACL_SUCCESS;
}

aclError FindIndex(const aclmdlDesc* handle, Side side, const char* name, size_t* index) {
  const auto description = Find(handle);
  if (description == nullptr || name == nullptr || index == nullptr) {
    return Fail(ACL_ERROR_INVALID_PARAM, "null or unfilled description, name or index");
  }
  const auto& tensors = side == Side::kInput ? description->inputs : description->outputs;
  const auto it = std::find_if(tensors.begin(), tensors.end(),
                               [&](const OmTensor& tensor) { return tensor.name == name; });
  if (it == tensors.end()) {
    return Fail(ACL_ERROR_INVALID_PARAM, "model ", description->model->om.name, " has no ",
                side == Side::kInput ? "input" : "output", " named ", name);
  }
  *index = static_cast<size_t>(it - tensors.begin());
  return ACL_SUCCESS;
}

size_t SizeOf(const aclmdlDesc* handle, Side side, size_t index) {
  std::shared_ptr<Description> description;
  const OmTensor* tensor = nullptr;
  if (!FindTensor(handle, side, index, &description, &tensor)) return 0;
  return tensor->BytesAt(description->model->om.max_batch());
}

const char* NameOf(const aclmdlDesc* handle, Side side, size_t index) {
  std::shared_ptr<Description> description;
  const OmTensor* tensor = nullptr;
  return FindTensor(handle, side, index, &description, &tensor) ? tensor->name.c_str() : "";
}

aclDataType TypeOf(const aclmdlDesc* handle, Side side, size_t index) {
  std::shared_ptr<Description> description;
  const OmTensor* tensor = nullptr;
  return FindTensor(handle, side, index, &description, &tensor) ? tensor->type : ACL_DT_UNDEFINED;
}

aclFormat FormatOf(const aclmdlDesc* handle, Side side, size_t index) {
  std::shared_ptr<Description> description;
  const OmTensor* tensor = nullptr;
  return FindTensor(handle, side, index, &description, &tensor) ? tensor->format
                                                                : ACL_FORMAT_UNDEFINED;
}

}  // namespace
}  // namespace hostacl

using hostacl::Description;
using hostacl::Descriptions;
using hostacl::Fail;
using hostacl::OmTensor;
using hostacl::Runtime;
using hostacl::Side;

aclmdlDesc* aclmdlCreateDesc() {
  return static_cast<aclmdlDesc*>(Descriptions().Insert(std::make_shared<Description>()));
}

aclError aclmdlDestroyDesc(aclmdlDesc* modelDesc) {
  if (Descriptions().Remove(modelDesc) != nullptr) return ACL_SUCCESS;
  return Fail(ACL_ERROR_INVALID_PARAM, "aclmdlDestroyDesc: null or destroyed description");
}

aclError aclmdlGetDesc(aclmdlDesc* modelDesc, uint32_t modelId) {
  const auto description = Descriptions().Find(modelDesc);
  if (description == nullptr) {
    return Fail(ACL_ERROR_INVALID_PARAM, "aclmdlGetDesc: null or destroyed description");
  }
  const auto model = Runtime::Get().FindModel(modelId);
  if (model == nullptr) {
    return Fail(ACL_ERROR_GE_EXEC_MODEL_ID_INVALID, "model id ", modelId, " is not loaded");
  }
  description->model = model->info();
  description->inputs = model->om().inputs;
  description->outputs = model->om().outputs;
  if (!model->om().gears.empty()) {
    description->inputs.push_back(OmTensor{
        .name = ACL_DYNAMIC_TENSOR_NAME, .type = ACL_INT64, .format = ACL_FORMAT_ND, .dims = {1}});
  }
  return ACL_SUCCESS;
}

size_t aclmdlGetNumInputs(aclmdlDesc* modelDesc) {
  const auto description = hostacl::Find(modelDesc);
  return description == nullptr ? 0 : description->inputs.size();
}

size_t aclmdlGetNumOutputs(aclmdlDesc* modelDesc) {
  const auto description = hostacl::Find(modelDesc);
  return description == nullptr ? 0 : description->outputs.size();
}

size_t aclmdlGetInputSizeByIndex(aclmdlDesc* modelDesc, size_t index) {
  return hostacl::SizeOf(modelDesc, Side::kInput, index);
}
size_t aclmdlGetOutputSizeByIndex(aclmdlDesc* modelDesc, size_t index) {
  return hostacl::SizeOf(modelDesc, Side::kOutput, index);
}
const char* aclmdlGetInputNameByIndex(const aclmdlDesc* modelDesc, size_t index) {
  return hostacl::NameOf(modelDesc, Side::kInput, index);
}
const char* aclmdlGetOutputNameByIndex(const aclmdlDesc* modelDesc, size_t index) {
  return hostacl::NameOf(modelDesc, Side::kOutput, index);
}
aclError aclmdlGetInputIndexByName(const aclmdlDesc* modelDesc, const char* name, size_t* index) {
  return hostacl::FindIndex(modelDesc, Side::kInput, name, index);
}
aclError aclmdlGetOutputIndexByName(const aclmdlDesc* modelDesc, const char* name, size_t* index) {
  return hostacl::FindIndex(modelDesc, Side::kOutput, name, index);
}
aclError aclmdlGetInputDims(const aclmdlDesc* modelDesc, size_t index, aclmdlIODims* dims) {
  return hostacl::WriteDims(modelDesc, Side::kInput, index, /*current=*/false, dims);
}
aclError aclmdlGetInputDimsV2(const aclmdlDesc* modelDesc, size_t index, aclmdlIODims* dims) {
  return hostacl::WriteDims(modelDesc, Side::kInput, index, /*current=*/false, dims);
}
aclError aclmdlGetOutputDims(const aclmdlDesc* modelDesc, size_t index, aclmdlIODims* dims) {
  return hostacl::WriteDims(modelDesc, Side::kOutput, index, /*current=*/false, dims);
}
aclError aclmdlGetCurOutputDims(const aclmdlDesc* modelDesc, size_t index, aclmdlIODims* dims) {
  return hostacl::WriteDims(modelDesc, Side::kOutput, index, /*current=*/true, dims);
}
aclDataType aclmdlGetInputDataType(const aclmdlDesc* modelDesc, size_t index) {
  return hostacl::TypeOf(modelDesc, Side::kInput, index);
}
aclDataType aclmdlGetOutputDataType(const aclmdlDesc* modelDesc, size_t index) {
  return hostacl::TypeOf(modelDesc, Side::kOutput, index);
}
aclFormat aclmdlGetInputFormat(const aclmdlDesc* modelDesc, size_t index) {
  return hostacl::FormatOf(modelDesc, Side::kInput, index);
}
aclFormat aclmdlGetOutputFormat(const aclmdlDesc* modelDesc, size_t index) {
  return hostacl::FormatOf(modelDesc, Side::kOutput, index);
}

aclError aclmdlGetDynamicBatch(const aclmdlDesc* modelDesc, aclmdlBatch* batch) {
  const auto description = hostacl::Find(modelDesc);
  if (description == nullptr || batch == nullptr) {
    return Fail(ACL_ERROR_INVALID_PARAM, "aclmdlGetDynamicBatch: null or unfilled argument");
  }
  const auto& gears = description->model->om.gears;
  *batch = aclmdlBatch{};
  batch->batchCount = gears.size();
  std::copy(gears.begin(), gears.end(), batch->batch);
  return ACL_SUCCESS;
}

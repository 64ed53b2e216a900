// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// The model description part of acl/acl_mdl.h.
#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "acl/acl_mdl.h"
#include "call.h"
#include "description.h"
#include "failure.h"
#include "runtime.h"

namespace hostacl {

HandleTable<Description>& Descriptions() {
  static auto& table = *new HandleTable<Description>(6);
  return table;
}

std::shared_ptr<Description> FindDescription(const aclmdlDesc* handle) {
  std::shared_ptr<Description> description = Descriptions().Find(handle);
  if (description == nullptr || description->model == nullptr) {
    Fail(ACL_ERROR_INVALID_PARAM,
         "null, destroyed or unfilled model description; fill it by aclmdlGetDesc");
    return nullptr;
  }
  return description;
}

namespace {

enum class Side { kInput, kOutput };

// Finds one tensor; false with a message when there is none.
bool FindTensor(const aclmdlDesc* handle, Side side, size_t index,
                std::shared_ptr<Description>* description, const OmTensor** tensor) {
  *description = FindDescription(handle);
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

// Which dims of a tensor are asked for.
enum class View {
  kPicture,  // -1 where gears differ; with AIPP height, width and channels of the picture itself
  kBytes,    // -1 where gears differ; their product is the size in bytes over that of an element
  kLargest,  // at the gear of the most bytes
  kCurrent,  // at the gear that was set last, else as kLargest
};

std::vector<int64_t> DimsOf(const ModelInfo& model, const OmTensor& tensor, View view) {
  std::vector<int64_t> dims = tensor.dims;
  if (view == View::kPicture && tensor.aipp) {
    if (dims[1] != -1) dims[1] = tensor.aipp->steps.HeightOf(dims[1]);
    dims[3] = tensor.aipp->steps.channels();
  }
  if (view == View::kPicture || view == View::kBytes) return dims;
  const size_t gear = model.gear.load();
  return tensor.DimsAt(view == View::kCurrent && gear != ModelInfo::kNoGear ? gear
                                                                            : tensor.LargestGear());
}

// Longer names do not fit aclmdlIODims; they get one of these instead.
std::string ShortName(const Description& description, Side side, size_t index) {
  const auto& tensors = side == Side::kInput ? description.inputs : description.outputs;
  const std::string& name = tensors[index].name;
  if (name.size() < ACL_MAX_TENSOR_NAME_LEN) return name;
  return "acl_modelId_" + std::to_string(description.model_id) +
         (side == Side::kInput ? "_input_" : "_output_") + std::to_string(index);
}

aclError WriteDims(const aclmdlDesc* handle, Side side, size_t index, View view,
                   aclmdlIODims* dims) {
  std::shared_ptr<Description> description;
  const OmTensor* tensor = nullptr;
  if (dims == nullptr) return Fail(ACL_ERROR_INVALID_PARAM, "null dims");
  if (!FindTensor(handle, side, index, &description, &tensor)) return ACL_ERROR_INVALID_PARAM;
  const std::vector<int64_t> values = DimsOf(*description->model, *tensor, view);
  *dims = aclmdlIODims{};
  const std::string name = ShortName(*description, side, index);
  std::strncpy(dims->name, name.c_str(), sizeof dims->name - 1);
  dims->dimCount = values.size();
  std::copy(values.begin(), values.end(), dims->dims);
  return ACL_SUCCESS;
}

aclError FindIndex(const aclmdlDesc* handle, Side side, const char* name, size_t* index) {
  const auto description = FindDescription(handle);
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
  return tensor->MostBytes();
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

// Makes `description` that of `model`.
void Fill(Description* description, std::shared_ptr<ModelInfo> model, uint32_t model_id) {
  description->model_id = model_id;
  description->inputs = model->om.inputs;
  description->outputs = model->om.outputs;
  if (!model->om.gears.empty()) {
    OmTensor gear;
    gear.name = ACL_DYNAMIC_TENSOR_NAME;
    gear.type = ACL_INT64;
    gear.dims = {static_cast<int64_t>(model->om.gear_values())};
    description->inputs.push_back(std::move(gear));
  }
  description->model = std::move(model);
}

aclError FillFromBytes(aclmdlDesc* handle, std::string_view bytes) {
  const auto description = Descriptions().Find(handle);
  if (description == nullptr) {
    return Fail(ACL_ERROR_INVALID_PARAM, "null or destroyed description");
  }
  OmModel om;
  OmProblem problem = DecodeOm(bytes, /*with_graph=*/false, &om);
  if (problem.code != ACL_SUCCESS) return FailWith(problem.code, std::move(problem.message));
  Fill(description.get(), std::make_shared<ModelInfo>(std::move(om)), 0);
  return ACL_SUCCESS;
}

}  // namespace
}  // namespace hostacl

using hostacl::CallKind;
using hostacl::Description;
using hostacl::Descriptions;
using hostacl::EnterCall;
using hostacl::Fail;
using hostacl::OmTensor;
using hostacl::Runtime;
using hostacl::Side;
using hostacl::View;

aclmdlDesc* aclmdlCreateDesc() {
  return static_cast<aclmdlDesc*>(Descriptions().Insert(std::make_shared<Description>()));
}

aclError aclmdlDestroyDesc(aclmdlDesc* modelDesc) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  if (Descriptions().Remove(modelDesc) != nullptr) return ACL_SUCCESS;
  return Fail(ACL_ERROR_INVALID_PARAM, "aclmdlDestroyDesc: null or destroyed description");
}

aclError aclmdlGetDesc(aclmdlDesc* modelDesc, uint32_t modelId) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  const auto description = Descriptions().Find(modelDesc);
  if (description == nullptr) {
    return Fail(ACL_ERROR_INVALID_PARAM, "aclmdlGetDesc: null or destroyed description");
  }
  const auto model = Runtime::Get().FindModel(modelId);
  if (model == nullptr) {
    return Fail(ACL_ERROR_GE_EXEC_MODEL_ID_INVALID, "model id ", modelId, " is not loaded");
  }
  hostacl::Fill(description.get(), model->info(), modelId);
  return ACL_SUCCESS;
}

aclError aclmdlGetDescFromFile(aclmdlDesc* modelDesc, const char* modelPath) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  if (modelPath == nullptr) {
    return Fail(ACL_ERROR_INVALID_PARAM, "aclmdlGetDescFromFile: null path");
  }
  std::string bytes;
  hostacl::OmProblem problem = hostacl::ReadOmFile(modelPath, &bytes);
  if (problem.code != ACL_SUCCESS) {
    return hostacl::FailWith(problem.code, std::move(problem.message));
  }
  return hostacl::FillFromBytes(modelDesc, bytes);
}

aclError aclmdlGetDescFromMem(aclmdlDesc* modelDesc, const void* model, size_t modelSize) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  if (model == nullptr || modelSize == 0) {
    return Fail(ACL_ERROR_INVALID_PARAM, "aclmdlGetDescFromMem: null or empty model");
  }
  return hostacl::FillFromBytes(modelDesc, {static_cast<const char*>(model), modelSize});
}

const char* aclmdlGetTensorRealName(const aclmdlDesc* modelDesc, const char* name) {
  const auto description = hostacl::FindDescription(modelDesc);
  if (description == nullptr || name == nullptr) {
    Fail(ACL_ERROR_INVALID_PARAM, "aclmdlGetTensorRealName: null or unfilled argument");
    return nullptr;
  }
  for (const Side side : {Side::kInput, Side::kOutput}) {
    const auto& tensors = side == Side::kInput ? description->inputs : description->outputs;
    for (size_t i = 0; i < tensors.size(); ++i) {
      if (tensors[i].name == name || hostacl::ShortName(*description, side, i) == name) {
        return tensors[i].name.c_str();
      }
    }
  }
  Fail(ACL_ERROR_INVALID_PARAM, "model ", description->model->om.name, " has no tensor ", name);
  return nullptr;
}

aclError aclmdlGetInputDimsRange(const aclmdlDesc* modelDesc, size_t index,
                                 aclmdlIODimsRange* dimsRange) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  std::shared_ptr<Description> description;
  const OmTensor* tensor = nullptr;
  if (dimsRange == nullptr ||
      !hostacl::FindTensor(modelDesc, Side::kInput, index, &description, &tensor)) {
    return Fail(ACL_ERROR_INVALID_PARAM, "aclmdlGetInputDimsRange: null argument or bad index");
  }
  *dimsRange = aclmdlIODimsRange{};
  if (!tensor->open()) return ACL_SUCCESS;
  size_t next = 0;
  for (const int64_t dim : tensor->dims) {
    int64_t* range = dimsRange->range[dimsRange->rangeCount++];
    const bool ranged = dim == -1 && next < tensor->ranges.size();
    range[0] = dim != -1 ? dim : ranged ? tensor->ranges[next][0] : 1;
    range[1] = dim != -1 ? dim : ranged ? tensor->ranges[next][1] : -1;
    if (dim == -1) ++next;
  }
  return ACL_SUCCESS;
}

// Models carry no attributes of operators.
const char* aclmdlGetOpAttr(aclmdlDesc* modelDesc, const char* opName, const char* attr) {
  if (hostacl::FindDescription(modelDesc) == nullptr || opName == nullptr || attr == nullptr) {
    Fail(ACL_ERROR_INVALID_PARAM, "aclmdlGetOpAttr: null or unfilled argument");
  }
  return "";
}

size_t aclmdlGetNumInputs(aclmdlDesc* modelDesc) {
  const auto description = hostacl::FindDescription(modelDesc);
  return description == nullptr ? 0 : description->inputs.size();
}

size_t aclmdlGetNumOutputs(aclmdlDesc* modelDesc) {
  const auto description = hostacl::FindDescription(modelDesc);
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
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  return hostacl::FindIndex(modelDesc, Side::kInput, name, index);
}
aclError aclmdlGetOutputIndexByName(const aclmdlDesc* modelDesc, const char* name, size_t* index) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  return hostacl::FindIndex(modelDesc, Side::kOutput, name, index);
}
aclError aclmdlGetInputDims(const aclmdlDesc* modelDesc, size_t index, aclmdlIODims* dims) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  return hostacl::WriteDims(modelDesc, Side::kInput, index, View::kPicture, dims);
}
aclError aclmdlGetInputDimsV2(const aclmdlDesc* modelDesc, size_t index, aclmdlIODims* dims) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  return hostacl::WriteDims(modelDesc, Side::kInput, index, View::kBytes, dims);
}
aclError aclmdlGetOutputDims(const aclmdlDesc* modelDesc, size_t index, aclmdlIODims* dims) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  return hostacl::WriteDims(modelDesc, Side::kOutput, index, View::kLargest, dims);
}
aclError aclmdlGetCurOutputDims(const aclmdlDesc* modelDesc, size_t index, aclmdlIODims* dims) {
  if (const aclError refused = EnterCall(__func__, CallKind::kQuery)) return refused;
  return hostacl::WriteDims(modelDesc, Side::kOutput, index, View::kCurrent, dims);
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

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "run_shapes.h"

#include <string>
#include <vector>

#include "dataset.h"
#include "failure.h"
#include "tensor_desc.h"

namespace hostacl {
namespace {

std::string Text(const std::vector<int64_t>& dims) {
  std::string text;
  for (const int64_t dim : dims) text += (text.empty() ? "" : ",") + std::to_string(dim);
  return "[" + text + "]";
}

bool Fits(const OmTensor& input, const std::vector<int64_t>& dims) {
  if (dims.size() != input.dims.size()) return false;
  size_t next = 0;
  for (size_t i = 0; i < dims.size(); ++i) {
    if (input.dims[i] != -1) {
      if (dims[i] != input.dims[i]) return false;
      continue;
    }
    const bool ranged = next < input.ranges.size();
    const int64_t least = ranged ? input.ranges[next][0] : 1;
    const int64_t most = ranged ? input.ranges[next][1] : -1;
    if (dims[i] < least || (most != -1 && dims[i] > most)) return false;
    ++next;
  }
  return true;
}

}  // namespace

aclError TakeRunShapes(const aclmdlDataset* input, aclmdlDataset* output,
                       std::shared_ptr<LoadedModel>* model) {
  const OmModel& om = (*model)->om();
  const auto inputs = Datasets().Find(input);
  const auto outputs = Datasets().Find(output);
  if (!om.open() || inputs == nullptr || outputs == nullptr) return ACL_SUCCESS;
  std::vector<std::vector<int64_t>> dims;
  for (size_t i = 0; i < om.inputs.size(); ++i) {
    const OmTensor& tensor = om.inputs[i];
    const auto desc = TensorDescs().Find(inputs->tensor_desc(i));
    if (desc == nullptr && tensor.open()) {
      return Fail(ACL_ERROR_GE_SHAPE_INVALID, "input ", tensor.name, " of model ", om.name,
                  " has the open shape ", Text(tensor.dims),
                  ": tell its shape by aclmdlSetDatasetTensorDesc before executing");
    }
    dims.push_back(desc == nullptr ? tensor.dims : desc->dims);
    if (!Fits(tensor, dims.back())) {
      return Fail(ACL_ERROR_GE_SHAPE_INVALID, "the shape ", Text(dims.back()), " for input ",
                  tensor.name, " does not fit ", Text(tensor.dims), " of model ", om.name,
                  ", or is out of the range that atc was given");
    }
  }
  std::shared_ptr<LoadedModel> shaped;
  if (const aclError error = (*model)->AtShapes(*model, dims, &shaped)) return error;
  for (size_t i = 0; i < shaped->om().outputs.size(); ++i) {
    const OmTensor& tensor = shaped->om().outputs[i];
    TensorDesc desc;
    desc.type = tensor.type;
    desc.format = tensor.format;
    desc.dims = tensor.dims;
    desc.name = tensor.name;
    outputs->SetTensorDesc(i, &desc);
  }
  *model = std::move(shaped);
  return ACL_SUCCESS;
}

}  // namespace hostacl

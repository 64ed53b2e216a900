// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/kserve/stage_request.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "pipelines/base/status_macros.h"
#include "server/service/kserve/datatype.h"
#include "server/service/kserve/infer_parameters.h"
#include "server/service/kserve/infer_request.h"
#include "server/service/kserve/tensor_shape.h"
#include "server/service/kserve/typed_contents.h"

namespace omserve::kserve {
namespace {

using Input = inference::ModelInferRequest::InferInputTensor;
using Output = inference::ModelInferRequest::InferRequestedOutputTensor;

constexpr size_t kMostShown = 64;

template <typename... Words>
absl::Status Bad(const Words&... words) {
  return absl::InvalidArgumentError(absl::StrCat(words...));
}

std::string Field(const char* list, const std::string& name) {
  return absl::StrCat(list, "['", absl::CHexEscape(name.substr(0, kMostShown)), "']");
}

std::string Names(const std::vector<ModelTensor>& tensors) {
  return absl::StrJoin(tensors, ", ",
                       [](std::string* to, const ModelTensor& tensor) { to->append(tensor.name); });
}

template <typename Tensor>
absl::Status CheckParameters(const char* list, const Tensor& tensor, int64_t* classification) {
  if (tensor.parameters().empty()) return absl::OkStatus();
  ParameterReader parameters(tensor.parameters(), Field(list, tensor.name()) + ".parameters");
  for (const char* name :
       {"shared_memory_region", "shared_memory_offset", "shared_memory_byte_size"}) {
    if (parameters.Present(name)) {
      parameters.Refuse(name, "shared memory is not served; send tensors in the messages");
    }
  }
  if (classification != nullptr) {
    const auto classes = parameters.Integer("classification");
    if (classes.has_value() && *classes < 0) {
      parameters.Refuse("classification", "must not be negative");
    }
    *classification = classes.value_or(0);
  }
  return parameters.Finish();
}

// Items of one input, after all its checks.
absl::StatusOr<int64_t> CheckInput(const Input& input, const ModelTensor& tensor, int max_gear,
                                   const TensorSource& source) {
  const auto field = [&input] { return Field("inputs", input.name()); };
  OMSERVE_RETURN_IF_ERROR(CheckParameters("inputs", input, nullptr));
  if (input.datatype() != DatatypeOf(tensor.dtype)) {
    return Bad(field(), ".datatype: '", absl::CHexEscape(input.datatype().substr(0, kMostShown)),
               "', but the model takes ", std::string(DatatypeOf(tensor.dtype)));
  }
  const absl::StatusOr<int64_t> counted = CountElements(input.shape(), {});
  if (!counted.ok()) return CountElements(input.shape(), field()).status();
  const int64_t elements = *counted;
  const Shape one = tensor.ShapeFor(1, max_gear);
  const bool fits = static_cast<size_t>(input.shape_size()) == one.size() &&
                    std::equal(one.begin() + 1, one.end(), input.shape().begin() + 1) &&
                    input.shape(0) % one[0] == 0;
  if (!fits) {
    return Bad(field(), ".shape: ", ShapeText(input.shape()),
               ", but the model takes rows along the first dimension, each ", ShapeString(one));
  }
  if (source.typed != nullptr) {
    OMSERVE_RETURN_IF_ERROR(CheckTyped(*source.typed, tensor.dtype, elements, field()));
  } else if (source.raw->size() != static_cast<uint64_t>(elements) * DTypeSize(tensor.dtype)) {
    return Bad(field(), ": ", source.raw->size(), " bytes of raw contents, but ",
               ShapeText(input.shape()), " of ", input.datatype(), " has ",
               static_cast<uint64_t>(elements) * DTypeSize(tensor.dtype));
  }
  return input.shape(0) / one[0];
}

int IndexOf(const std::vector<ModelTensor>& tensors, std::string_view name) {
  for (size_t i = 0; i < tensors.size(); ++i) {
    if (tensors[i].name == name) return static_cast<int>(i);
  }
  return -1;
}

absl::StatusOr<TensorSource> SourceOf(const InferRequest& request, int index) {
  const Input& input = request.head().inputs(index);
  if (request.raw().empty()) return TensorSource{nullptr, &input.contents()};
  if (input.has_contents()) {
    return Bad(Field("inputs", input.name()),
               ".contents: must be absent when there are raw_input_contents");
  }
  return TensorSource{&request.raw()[static_cast<size_t>(index)], nullptr};
}

}  // namespace

std::vector<int> StageOutputs::Indices() const {
  std::vector<int> indices;
  for (const Wanted& one : wanted) indices.push_back(one.output);
  return indices;
}

absl::StatusOr<StageInputs> CheckStageInputs(const InferRequest& request,
                                             const ServedStage& stage) {
  const inference::ModelInferRequest& head = request.head();
  const std::vector<ModelTensor>& tensors = stage.info.inputs;
  if (!request.raw().empty() && request.raw().size() != static_cast<size_t>(head.inputs_size())) {
    return Bad("raw_input_contents: ", request.raw().size(), " entries for ", head.inputs_size(),
               " inputs; there must be one each");
  }
  StageInputs out;
  out.sources.resize(tensors.size());
  std::vector<bool> given(tensors.size());
  for (int i = 0; i < head.inputs_size(); ++i) {
    const Input& input = head.inputs(i);
    const int index = IndexOf(tensors, input.name());
    if (index < 0) {
      return Bad(Field("inputs", input.name()),
                 ": is no input of the model; these are: ", Names(tensors));
    }
    const auto at = static_cast<size_t>(index);
    if (given[at]) return Bad(Field("inputs", input.name()), ": is there twice");
    given[at] = true;
    OMSERVE_ASSIGN_OR_RETURN(out.sources[at], SourceOf(request, i));
    OMSERVE_ASSIGN_OR_RETURN(
        const int64_t items,
        CheckInput(input, tensors[at], stage.info.max_gear(), out.sources[at]));
    if (i > 0 && items != out.items) {
      return Bad(Field("inputs", input.name()), ".shape: has ", items,
                 " rows, but the inputs before it have ", out.items);
    }
    out.items = items;
    out.bytes += items * static_cast<int64_t>(tensors[at].row_bytes);
  }
  for (size_t i = 0; i < given.size(); ++i) {
    if (!given[i]) return Bad("inputs: '", tensors[i].name, "' is missing");
  }
  if (stage.most_items > 0 && out.items > stage.most_items) {
    return Bad("inputs: ", out.items, " rows, but a request may have ", stage.most_items, " here");
  }
  return out;
}

absl::StatusOr<StageOutputs> CheckStageOutputs(const InferRequest& request,
                                               const ServedStage& stage) {
  const std::vector<ModelTensor>& tensors = stage.info.outputs;
  StageOutputs out;
  out.stage = &stage;
  if (request.head().outputs().empty()) {
    for (size_t i = 0; i < tensors.size(); ++i) out.wanted.push_back({static_cast<int>(i), 0});
    return out;
  }
  std::vector<bool> given(tensors.size());
  for (const Output& output : request.head().outputs()) {
    const auto field = [&output] { return Field("outputs", output.name()); };
    const int index = IndexOf(tensors, output.name());
    if (index < 0) {
      return Bad(field(), ": is no output of the model; these are: ", Names(tensors));
    }
    if (given[static_cast<size_t>(index)]) return Bad(field(), ": is there twice");
    given[static_cast<size_t>(index)] = true;
    StageOutputs::Wanted wanted{index, 0};
    OMSERVE_RETURN_IF_ERROR(CheckParameters("outputs", output, &wanted.classification));
    out.wanted.push_back(wanted);
  }
  return out;
}

}  // namespace omserve::kserve

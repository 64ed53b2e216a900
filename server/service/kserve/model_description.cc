// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/kserve/model_description.h"

#include <algorithm>
#include <set>
#include <variant>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "pipelines/base/status_macros.h"
#include "server/service/kserve/datatype.h"
#include "server/service/kserve/infer_parameters.h"

namespace omserve::kserve {
namespace {

constexpr size_t kMostShown = 64;

std::vector<TensorDescription> Tensors(const std::vector<ModelTensor>& tensors, int max_gear) {
  std::vector<TensorDescription> out;
  for (const ModelTensor& tensor : tensors) {
    const Shape shape = tensor.ShapeFor(1, max_gear);
    out.push_back({tensor.name, std::string(DatatypeOf(tensor.dtype)),
                   Shape(shape.begin() + 1, shape.end())});
  }
  return out;
}

std::vector<TensorDescription> DetectOutputs() {
  return {{"boxes", "FP32", {-1, 4}},     {"scores", "FP32", {-1}}, {"labels", "INT32", {-1}},
          {"label_names", "BYTES", {-1}}, {"masks", "BYTES", {-1}}, {"image_size", "INT32", {2}}};
}
std::vector<TensorDescription> EmbedOutputs() {
  return {{"features", "FP32", {-1}},
          {"scores", "FP32", {-1}},
          {"labels", "INT32", {-1}},
          {"label_names", "BYTES", {-1}}};
}
std::vector<TensorDescription> ClassifyOutputs() {
  return {{"scores", "FP32", {-1}}, {"labels", "INT32", {-1}}, {"label_names", "BYTES", {-1}}};
}
std::vector<TensorDescription> ReadTextOutputs() {
  return {{"texts", "BYTES", {-1}},    {"scores", "FP32", {-1}},     {"quads", "FP32", {-1, 4, 2}},
          {"boxes", "FP32", {-1, 4}},  {"box_scores", "FP32", {-1}}, {"turned", "INT32", {-1}},
          {"image_size", "INT32", {2}}};
}

}  // namespace

ModelDescription DescribeModel(const ServedModel& model, const ServedStage* stage) {
  ModelDescription out;
  if (std::holds_alternative<VitDet>(model.pipeline)) out.kind = "vitdet";
  if (std::holds_alternative<InternVit>(model.pipeline)) out.kind = "internvit";
  if (std::holds_alternative<PpOcr>(model.pipeline)) out.kind = "ppocr";
  if (std::holds_alternative<TensorModel>(model.pipeline)) out.kind = "tensor";
  if (std::holds_alternative<Classify>(model.pipeline)) out.kind = "classify";
  if (stage != nullptr) {
    out.platform = "omserve_stage";
    out.gears = stage->info.gears;
    out.inputs = Tensors(stage->info.inputs, stage->info.max_gear());
    out.outputs = Tensors(stage->info.outputs, stage->info.max_gear());
    return out;
  }
  out.platform = "omserve_pipeline";
  out.inputs = {{"image", std::string(kBytes), {out.kind == "ppocr" ? -1 : 1}}};
  if (out.kind == "vitdet") out.outputs = DetectOutputs();
  if (out.kind == "internvit") out.outputs = EmbedOutputs();
  if (out.kind == "classify") out.outputs = ClassifyOutputs();
  if (out.kind == "ppocr") out.outputs = ReadTextOutputs();
  return out;
}

void FillMetadata(const std::string& name, const std::vector<std::string>& versions,
                  const ModelDescription& model, inference::ModelMetadataResponse& out) {
  const auto add = [&](const TensorDescription& tensor,
                       inference::ModelMetadataResponse::TensorMetadata& to) {
    to.set_name(tensor.name);
    to.set_datatype(tensor.datatype);
    if (!model.gears.empty()) to.add_shape(-1);
    to.mutable_shape()->Add(tensor.dims.begin(), tensor.dims.end());
  };
  out.set_name(name);
  out.mutable_versions()->Add(versions.begin(), versions.end());
  out.set_platform(model.platform);
  for (const TensorDescription& tensor : model.inputs) add(tensor, *out.add_inputs());
  for (const TensorDescription& tensor : model.outputs) add(tensor, *out.add_outputs());
}

void FillConfig(const std::string& name, const ServedModel& model,
                const ModelDescription& description, inference::ModelConfig& out) {
  const auto add = [](const TensorDescription& tensor, auto& to) {
    to.set_name(tensor.name);
    to.set_data_type(ConfigTypeOf(tensor.datatype));
    to.mutable_dims()->Add(tensor.dims.begin(), tensor.dims.end());
  };
  const auto set = [&](const char* key, std::string value) {
    (*out.mutable_parameters())[key].set_string_value(std::move(value));
  };
  out.set_name(name);
  out.set_platform(description.platform);
  out.set_backend("omserve");
  out.mutable_version_policy()->mutable_latest()->set_num_versions(1);
  for (const TensorDescription& tensor : description.inputs) add(tensor, *out.add_input());
  for (const TensorDescription& tensor : description.outputs) add(tensor, *out.add_output());
  auto& group = *out.add_instance_group();
  group.set_name(name);
  group.set_kind(inference::ModelInstanceGroup::KIND_AUTO);
  group.set_count(1);
  set("pipeline", description.kind);
  if (!description.gears.empty()) {
    out.set_max_batch_size(description.gears.back());
    auto& batching = *out.mutable_dynamic_batching();
    batching.mutable_preferred_batch_size()->Add(description.gears.begin(),
                                                 description.gears.end());
    batching.set_priority_levels(2);
    batching.set_default_priority_level(1);
    return;
  }
  set("stages", absl::StrJoin(model.stages, ","));
  set("labels", absl::StrJoin(model.labels, "\n"));
}

absl::Status CheckWantedOutputs(const inference::ModelInferRequest& request,
                                const ModelDescription& model) {
  std::set<std::string> seen;
  for (const auto& wanted : request.outputs()) {
    const std::string field =
        absl::StrCat("outputs['", absl::CHexEscape(wanted.name().substr(0, kMostShown)), "']");
    ParameterReader none(wanted.parameters(), field + ".parameters");
    OMSERVE_RETURN_IF_ERROR(none.Finish());
    const bool there =
        std::any_of(model.outputs.begin(), model.outputs.end(),
                    [&](const TensorDescription& t) { return t.name == wanted.name(); });
    if (!there) {
      return absl::InvalidArgumentError(absl::StrCat(
          field, ": is no output of the model; these are: ",
          absl::StrJoin(model.outputs, ", ", [](std::string* to, const TensorDescription& tensor) {
            to->append(tensor.name);
          })));
    }
    if (!seen.insert(wanted.name()).second) {
      return absl::InvalidArgumentError(absl::StrCat(field, ": is there twice"));
    }
  }
  return absl::OkStatus();
}

}  // namespace omserve::kserve

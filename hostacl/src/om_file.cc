// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "om_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "data_type.h"
#include "foreign_om.h"

namespace hostacl {
namespace {

// Begins our metadata partition; what follows is JSON.
constexpr std::string_view kMark = "hostacl2";
constexpr size_t kMostDims = 128;
constexpr size_t kMostTensors = 4096;

constexpr std::pair<Precision, const char*> kPrecisions[] = {
    {Precision::kOrigin, "origin"},
    {Precision::kHalf, "fp16"},
    {Precision::kBfloat16, "mixed_bfloat16"},
    {Precision::kCubeHalf, "cube_fp16in_fp32out"},
};

const char* NameOf(Precision precision) {
  for (const auto& [value, name] : kPrecisions) {
    if (value == precision) return name;
  }
  return "origin";
}

bool ReadPrecision(const std::string& name, Precision* precision) {
  for (const auto& [value, known] : kPrecisions) {
    if (name != known) continue;
    *precision = value;
    return true;
  }
  return false;
}

nlohmann::json TensorToJson(const OmTensor& tensor) {
  return {{"name", tensor.name},
          {"type", static_cast<int>(tensor.type)},
          {"format", static_cast<int>(tensor.format)},
          {"dims", tensor.dims}};
}

bool ReadTensors(const nlohmann::json& list, std::vector<OmTensor>* tensors) {
  if (!list.is_array() || list.size() > kMostTensors) return false;
  for (const auto& item : list) {
    OmTensor tensor;
    tensor.name = item.at("name").get<std::string>();
    tensor.type = static_cast<aclDataType>(item.at("type").get<int>());
    tensor.format = static_cast<aclFormat>(item.at("format").get<int>());
    tensor.dims = item.at("dims").get<std::vector<int64_t>>();
    if (DataTypeSize(tensor.type) == 0 || tensor.dims.size() > kMostDims) return false;
    size_t bytes = DataTypeSize(tensor.type);
    for (size_t i = 0; i < tensor.dims.size(); ++i) {
      const int64_t dim = tensor.dims[i];
      if (dim < (i == 0 ? -1 : 0)) return false;
      if (dim > 0 && bytes > std::numeric_limits<size_t>::max() / 4096 / static_cast<size_t>(dim)) {
        return false;
      }
      if (dim > 0) bytes *= static_cast<size_t>(dim);
    }
    tensors->push_back(std::move(tensor));
  }
  return true;
}

// Throws nlohmann's exceptions for wrong types; false for wrong values.
bool ReadContent(const nlohmann::json& root, OmModel* model) {
  model->name = root.at("name").get<std::string>();
  model->soc = root.at("soc").get<std::string>();
  if (!ReadPrecision(root.at("precision").get<std::string>(), &model->precision)) return false;
  model->rounded_weights = root.value("rounded_weights", false);
  model->gears = root.at("gears").get<std::vector<uint64_t>>();
  model->static_batch = root.at("static_batch").get<uint64_t>();
  model->work_size = root.at("work_size").get<size_t>();
  model->weight_size = root.at("weight_size").get<size_t>();
  if (model->gears.size() > 100) return false;
  for (size_t i = 0; i < model->gears.size(); ++i) {
    if (model->gears[i] == 0 || model->gears[i] > 4096) return false;
    if (i > 0 && model->gears[i] <= model->gears[i - 1]) return false;
  }
  return ReadTensors(root.at("inputs"), &model->inputs) &&
         ReadTensors(root.at("outputs"), &model->outputs) && !model->outputs.empty();
}

}  // namespace

std::vector<int64_t> OmTensor::DimsAt(uint64_t batch) const {
  std::vector<int64_t> result = dims;
  if (batched()) result[0] = static_cast<int64_t>(batch);
  return result;
}

size_t OmTensor::BytesAt(uint64_t batch) const {
  size_t bytes = DataTypeSize(type);
  for (const int64_t dim : DimsAt(batch)) bytes *= static_cast<size_t>(dim);
  return bytes;
}

std::string EncodeOmMetadata(const OmModel& model) {
  nlohmann::json root = {{"name", model.name},
                         {"soc", model.soc},
                         {"precision", NameOf(model.precision)},
                         {"rounded_weights", model.rounded_weights},
                         {"gears", model.gears},
                         {"static_batch", model.static_batch},
                         {"work_size", model.work_size},
                         {"weight_size", model.weight_size},
                         {"inputs", nlohmann::json::array()},
                         {"outputs", nlohmann::json::array()}};
  for (const OmTensor& input : model.inputs) root["inputs"].push_back(TensorToJson(input));
  for (const OmTensor& output : model.outputs) root["outputs"].push_back(TensorToJson(output));
  return std::string(kMark) + root.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string EncodeOm(const OmModel& model) {
  const std::string metadata = EncodeOmMetadata(model);
  const std::pair<OmPartition, std::string_view> parts[] = {
      {OmPartition::kGraph, model.graph},
      {OmPartition::kWeights, model.weights.bytes},
      {OmPartition::kMetadata, metadata}};
  std::vector<OmPlace> places;
  uint64_t end = OmFirstPlace(std::size(parts));
  for (const auto& [type, part] : parts) {
    end = (end + kOmAlignment - 1) / kOmAlignment * kOmAlignment;
    places.push_back({type, end, part.size()});
    end += part.size();
  }
  std::string bytes = EncodeOmHead(model.name, !model.gears.empty(), places, end);
  bytes.resize(end);
  for (size_t i = 0; i < places.size(); ++i) {
    std::copy(parts[i].second.begin(), parts[i].second.end(),
              bytes.begin() + static_cast<std::ptrdiff_t>(places[i].offset));
  }
  SetOmChecksum(&bytes, OmDigestOf(bytes));
  return bytes;
}

OmProblem DecodeOmMetadata(std::string_view bytes, OmModel* model) {
  if (!bytes.starts_with(kMark)) {
    return {ACL_ERROR_MODEL_MISSING_ATTR,
            "the model's description (partition type 8) is of another version of hostacl's atc:"
            " compile the ONNX file again"};
  }
  const nlohmann::json root =
      nlohmann::json::parse(bytes.substr(kMark.size()), nullptr, /*allow_exceptions=*/false);
  bool good = root.is_object();
  std::string why;
  try {
    good = good && ReadContent(root, model);
  } catch (const nlohmann::json::exception& error) {
    why = std::string(": ") + error.what();
    good = false;
  }
  if (good) return {};
  for (const char* side : {"inputs", "outputs"}) {
    if (!root.is_object() || !root.contains(side) || !root[side].is_array()) continue;
    for (const auto& tensor : root[side]) {
      if (!tensor.is_object() || !tensor.contains("dims")) continue;
      if (tensor["dims"].size() <= kMostDims) continue;
      return {ACL_ERROR_STORAGE_OVER_LIMIT, std::string("a tensor of the model's ") + side +
                                                " has " + std::to_string(tensor["dims"].size()) +
                                                " dims; ACL holds 128"};
    }
  }
  return {ACL_ERROR_MODEL_MISSING_ATTR,
          "the model's description (partition type 8) lacks or misstates a field" + why};
}

OmProblem DecodeOm(std::string_view bytes, bool with_graph, OmModel* model,
                   const std::shared_ptr<const void>& owner) {
  OmContainer container;
  OmProblem problem = ReadContainer(bytes, /*check_digest=*/true, &container);
  if (problem.code != ACL_SUCCESS) return problem;
  std::string_view metadata;
  std::string_view graph;
  std::string_view weights;
  if (!container.Find(OmPartition::kMetadata, &metadata)) {
    return {ACL_ERROR_MODEL_MISSING_ATTR,
            "the .om file has no description (partition type 8): compile it again"};
  }
  if (!container.Find(OmPartition::kGraph, &graph) || graph.empty()) {
    return {kModelPartitionFailed, "the .om file has no graph (partition type 0)"};
  }
  if (!container.Find(OmPartition::kWeights, &weights)) {
    return {kWeightPartitionFailed, "the .om file has no weights (partition type 1)"};
  }
  *model = OmModel();
  problem = DecodeOmMetadata(metadata, model);
  if (problem.code != ACL_SUCCESS) return problem;
  model->digest = OmDigestOf(bytes);
  if (!with_graph) return {};
  model->graph = graph;
  if (owner != nullptr || weights.empty()) {
    model->weights = {weights, owner};
  } else {
    auto copy = std::make_shared<std::string>(weights);
    model->weights = {*copy, copy};
  }
  return {};
}

OmProblem ReadOmFile(const std::string& path, std::string* bytes) {
  OmProblem package = CheckNoPackage(path);
  if (package.code != ACL_SUCCESS) return package;
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  const std::streamoff size = file ? static_cast<std::streamoff>(file.tellg()) : -1;
  if (size >= 0) {
    bytes->resize(static_cast<size_t>(size));
    file.seekg(0);
    file.read(bytes->data(), size);
  }
  if (size < 0 || !file) {
    return {ACL_ERROR_GE_EXEC_MODEL_PATH_INVALID,
            "cannot read the model file " + path + ": " + std::strerror(errno)};
  }
  return {};
}

}  // namespace hostacl

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "om_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "foreign_om.h"
#include "om_description.h"

namespace hostacl {
namespace {

// Begins our metadata partition; what follows is JSON.
constexpr std::string_view kMark = "hostacl2";
}  // namespace

std::string EncodeOmMetadata(const OmModel& model) {
  return std::string(kMark) + EncodeDescription(model);
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
  std::string bytes = EncodeOmHead(model.name, !model.gears.empty() || model.open(), places, end);
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
  return DecodeDescription(bytes.substr(kMark.size()), model);
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
  model->digest = container.digest;
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

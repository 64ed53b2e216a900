// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "pipelines/graphs/classify.h"
#include "pipelines/graphs/internvit.h"
#include "pipelines/graphs/ppocr_config.h"
#include "pipelines/graphs/tensor_model.h"
#include "pipelines/graphs/vitdet_config.h"
#include "server/registry/loaded_stage.h"

namespace omserve {

// One pipeline as its manifest describes it: everything that is loaded, swapped and versioned
// together. A value; thread-compatible.
struct PipelineSpec {
  std::string name;
  std::string version;
  int64_t number = 1;  // of the version: the highest is the latest
  double weight = 1;   // of the devices' time, against other pipelines
  std::string manifest_path;
  std::vector<std::string> labels;  // by class index; may be empty
  std::vector<StageSpec> stages;    // in pipeline order
  std::variant<VitDetConfig, InternVitConfig, PpOcrConfig, TensorConfig, ClassifyConfig> config;

  // "vitdet", "internvit", "ppocr", "tensor" or "classify".
  std::string_view pipeline() const {
    constexpr std::string_view kNames[] = {"vitdet", "internvit", "ppocr", "tensor", "classify"};
    return kNames[config.index()];
  }
};

// Reads and checks one pipeline.pbtxt; paths in the answer are usable from the working directory.
// Errors, all with the file and the field: NOT_FOUND (manifest, labels, dictionary or OM file),
// INVALID_ARGUMENT (not protobuf text, with line and column; or numbers that cannot work).
absl::StatusOr<PipelineSpec> LoadManifest(const std::string& path);

}  // namespace omserve

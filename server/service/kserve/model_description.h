// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "inference/grpc_service.pb.h"
#include "pipelines/base/tensor.h"
#include "server/service/kserve/resolved_model.h"

namespace omserve::kserve {

// One input or output of a model. A value.
struct TensorDescription {
  std::string name;
  std::string datatype;
  Shape dims;  // without the batch dimension of a stage; -1 is any size
};

// All inputs and outputs of a model, and how it batches. A value.
struct ModelDescription {
  std::string platform;  // omserve_stage or omserve_pipeline
  std::string kind;      // of the pipeline
  std::vector<TensorDescription> inputs;
  std::vector<TensorDescription> outputs;
  std::vector<int> gears;  // of a stage, ascending; a pipeline has none and no batch dimension
};

ModelDescription DescribeModel(const ServedModel& model, const ServedStage* stage);

// The same for the wire. 'name' as the client knows it.
void FillMetadata(const std::string& name, const std::vector<std::string>& versions,
                  const ModelDescription& model, inference::ModelMetadataResponse& out);
void FillConfig(const std::string& name, const ServedModel& model,
                const ModelDescription& description, inference::ModelConfig& out);

// INVALID_ARGUMENT when a request for a pipeline names an output that is not there, or names one
// twice, or has parameters for it.
absl::Status CheckWantedOutputs(const inference::ModelInferRequest& request,
                                const ModelDescription& model);

}  // namespace omserve::kserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "inference/grpc_service.pb.h"
#include "server/service/kserve/infer_message.h"
#include "server/service/kserve/resolved_model.h"

namespace omserve::kserve {

// One request for a model, as RequestRun wants it. Outlives its run. Thread-compatible.
class InferRequest {
 public:
  InferRequest(InferMessage message, ModelName name)
      : message_(std::move(message)), name_(std::move(name)) {}

  const inference::ModelInferRequest& head() const { return message_.head(); }
  const std::vector<RawContents>& raw() const { return message_.raw(); }

  // The pipeline, and the stage of it; the stage is empty when the model is the pipeline.
  const std::string& model() const { return name_.pipeline; }
  const std::string& stage() const { return name_.stage; }
  const std::string& version() const { return head().model_version(); }
  const std::string& request_id() const { return head().id(); }

 private:
  InferMessage message_;
  ModelName name_;
};

}  // namespace omserve::kserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "inference/grpc_service.pb.h"
#include "server/service/kserve/raw_contents.h"
#include "server/service/model_catalog.h"

namespace omserve::kserve {

class InferRequest;

// Where the values of one input are. Borrowed from the request.
struct TensorSource {
  const RawContents* raw = nullptr;                       // or
  const inference::InferTensorContents* typed = nullptr;  // the other
};

// What a request gives to a stage. A value.
struct StageInputs {
  int64_t items = 0;
  int64_t bytes = 0;                  // of all values
  std::vector<TensorSource> sources;  // in the order of the stage's inputs
};

// What a request wants of a stage. A value.
struct StageOutputs {
  struct Wanted {
    int output = 0;              // of the stage
    int64_t classification = 0;  // best classes instead of the values; 0 is none
  };
  const ServedStage* stage = nullptr;
  std::vector<Wanted> wanted;  // in the order of the answer

  std::vector<int> Indices() const;
};

// Checks the tensors of a request against a stage, before any memory is taken for them. Errors are
// INVALID_ARGUMENT and begin with the field.
absl::StatusOr<StageInputs> CheckStageInputs(const InferRequest& request, const ServedStage& stage);
absl::StatusOr<StageOutputs> CheckStageOutputs(const InferRequest& request,
                                               const ServedStage& stage);

}  // namespace omserve::kserve

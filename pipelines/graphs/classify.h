// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "pipelines/base/request_context.h"
#include "pipelines/base/task.h"
#include "pipelines/graphs/model_runner.h"
#include "pipelines/image/classifier_input.h"
#include "pipelines/image/image_input.h"
#include "pipelines/steps/softmax_top_k.h"

namespace omserve {

// Everything that makes one image classifier differ from another.
struct ClassifyConfig {
  std::string stage;  // the name of the one stage
  ClassifierInputOptions input;
  int num_classes = 0;         // of the model's output
  bool probabilities = false;  // the model ends with a softmax; else it gives logits
  int top_k = 5;               // of requests that do not say
  ImageLimits limits;
};

struct ClassifyOptions {
  int top_k = 5;  // classes to give back, 1 or more; more than there are gives all
};

// Any image classifier, over one stage:
//   float32 [N, 3, height, width], or uint8 [N, height, width, 3] -> logits [N, K].
// Immutable after construction, so thread-safe.
class Classify {
 public:
  // INVALID_ARGUMENT, naming the field, when the configuration cannot work.
  static absl::StatusOr<Classify> Create(ClassifyConfig config);

  // The best classes, best first. Lifetimes and errors as VitDet::Detect.
  Task<absl::StatusOr<std::vector<ClassScore>>> Run(ModelRunner& runner, RequestContext& context,
                                                    ImageInput image,
                                                    ClassifyOptions options) const;

  const ClassifyConfig& config() const { return config_; }

 private:
  explicit Classify(ClassifyConfig config) : config_(std::move(config)) {}
  ClassifyConfig config_;
};

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "pipelines/base/request_context.h"
#include "pipelines/base/task.h"
#include "pipelines/graphs/model_runner.h"
#include "pipelines/image/image_input.h"
#include "pipelines/steps/softmax_top_k.h"

namespace omserve {

// InternViT's preprocessing; defaults are InternViT-6B-224px's.
struct InternVitConfig {
  int image_size = 224;                                      // pixels
  std::array<float, 3> mean_rgb = {0.485F, 0.456F, 0.406F};  // 0..1 scale
  std::array<float, 3> std_rgb = {0.229F, 0.224F, 0.225F};
  int num_classes = 0;  // of the linear head; 0 when the model has none
  ImageLimits limits;
};

// Which feature of the last hidden state to give back.
enum class EmbedFeature : uint8_t { kCls, kMean, kClsMean, kAllTokens };

struct EmbedOptions {
  EmbedFeature feature = EmbedFeature::kCls;
  int top_k = 0;  // classes to give back, 0 for none; more than there are gives all
};

struct EmbedResult {
  Shape shape;                  // [W], or [tokens, W] for all tokens
  std::vector<float> features;  // row-major
  std::vector<ClassScore> top;  // best first
};

// The InternViT pipeline over one stage:
//   internvit: pixel_values[N,3,S,S] -> last_hidden_state[N,T,W] (class token first), logits[N,K].
// Immutable after construction, so thread-safe.
class InternVit {
 public:
  static absl::StatusOr<InternVit> Create(InternVitConfig config);

  // Lifetimes and errors as VitDet::Detect.
  Task<absl::StatusOr<EmbedResult>> Embed(ModelRunner& runner, RequestContext& context,
                                          ImageInput image, EmbedOptions options) const;

  const InternVitConfig& config() const { return config_; }

 private:
  explicit InternVit(InternVitConfig config) : config_(std::move(config)) {}
  InternVitConfig config_;
};

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/steps/softmax_top_k.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "pipelines/steps/topk.h"

namespace omserve {

std::vector<ClassScore> SoftmaxTopK(std::span<const float> logits, int k) {
  std::vector<ClassScore> best;
  if (logits.empty()) return best;
  const float top = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float value : logits) sum += std::exp(static_cast<double>(value - top));
  for (const uint32_t label : TopK(logits, k)) {
    const double share = std::exp(static_cast<double>(logits[label] - top)) / sum;
    best.push_back({static_cast<int>(label), static_cast<float>(share)});
  }
  return best;
}

}  // namespace omserve

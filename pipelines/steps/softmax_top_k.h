// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

namespace omserve {

// A class and how sure the model is of it.
struct ClassScore {
  int label = 0;
  float score = 0;  // probability
};

// The 'k' best classes, best first, equal ones by their index, with the softmax of all 'logits' as
// scores; summed in double, safe for logits of any size. No more than there are. Pure, thread-safe.
std::vector<ClassScore> SoftmaxTopK(std::span<const float> logits, int k);

}  // namespace omserve

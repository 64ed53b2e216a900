// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/steps/dedup.h"

#include <unordered_set>

namespace omserve {

std::vector<size_t> KeepTop1PerLabel(std::span<const int> labels) {
  std::unordered_set<int> seen;
  std::vector<size_t> kept;
  for (size_t i = 0; i < labels.size(); ++i) {
    if (seen.insert(labels[i]).second) kept.push_back(i);
  }
  return kept;
}

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/steps/ctc_decode.h"

#include <algorithm>
#include <limits>

#include "pipelines/base/multiversion.h"

namespace omserve {
namespace {

constexpr size_t kLanes = 32;

// The largest value; NaN counts as nothing. Lane by lane, so that the compiler makes vectors of it.
OMSERVE_MULTIVERSION float Largest(const float* values, size_t count) {
  float lanes[kLanes];
  std::fill(lanes, lanes + kLanes, -std::numeric_limits<float>::infinity());
  size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (size_t k = 0; k < kLanes; ++k) {
      lanes[k] = values[i + k] > lanes[k] ? values[i + k] : lanes[k];
    }
  }
  for (; i < count; ++i) lanes[0] = values[i] > lanes[0] ? values[i] : lanes[0];
  return *std::max_element(lanes, lanes + kLanes);
}

}  // namespace

CtcSteps BestClasses(std::span<const float> probabilities, size_t classes) {
  const size_t count = probabilities.size() / classes;
  CtcSteps steps;
  steps.best.reserve(count);
  steps.score.reserve(count);
  for (size_t step = 0; step < count; ++step) {
    const auto row = probabilities.subspan(step * classes, classes);
    const float largest = Largest(row.data(), row.size());
    const auto found = std::find(row.begin(), row.end(), largest);
    steps.best.push_back(found == row.end() ? 0 : static_cast<int32_t>(found - row.begin()));
    steps.score.push_back(found == row.end() ? 0.0F : largest);
  }
  return steps;
}

std::vector<CtcCharacter> CollapseSteps(const CtcSteps& steps, size_t first, size_t last,
                                        float shift) {
  std::vector<CtcCharacter> kept;
  last = std::min(last, steps.best.size());
  for (size_t step = first; step < last; ++step) {
    const int32_t best = steps.best[step];
    if (best == 0 || (step > 0 && best == steps.best[step - 1])) continue;
    kept.push_back({best, steps.score[step], static_cast<float>(step) + shift});
  }
  return kept;
}

float MeanScore(std::span<const CtcCharacter> characters) {
  if (characters.empty()) return 0;
  double sum = 0;
  for (const CtcCharacter& one : characters) sum += static_cast<double>(one.score);
  return static_cast<float>(sum / static_cast<double>(characters.size()));
}

}  // namespace omserve

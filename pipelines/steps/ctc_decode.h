// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace omserve {

// One character that CTC decoding kept.
struct CtcCharacter {
  int32_t index = 0;  // class, never the blank
  float score = 0;    // probability of the class at its step
  float column = 0;   // step along the line, counted from the line's start
};

// The steps of one line, before repeats and blanks are dropped.
struct CtcSteps {
  std::vector<int32_t> best;  // class of the highest probability; of equals the first
  std::vector<float> score;   // its probability
};

// The best class of each of probabilities.size() / classes steps. REQUIRES: classes > 0.
// Thread-safe.
CtcSteps BestClasses(std::span<const float> probabilities, size_t classes);

// Drops steps that repeat the step before, then the blank (class 0); only steps first <= s < last
// are kept, but a repeat of what stands before 'first' is one. 'shift' is added to the columns.
// Thread-safe.
std::vector<CtcCharacter> CollapseSteps(const CtcSteps& steps, size_t first, size_t last,
                                        float shift);

// The confidence of a line: the mean score of its characters, 0 when there is none. Thread-safe.
float MeanScore(std::span<const CtcCharacter> characters);

}  // namespace omserve

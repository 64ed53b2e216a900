// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "pipelines/steps/ctc_decode.h"

namespace omserve {

// A part of a line that is too long to be read at once, in pixels of the resized line.
struct LineWindow {
  int x = 0;
  int width = 0;
  bool operator==(const LineWindow&) const = default;
};

// Windows from 0 to 'width', all 'longest' wide but the last; one when the line fits. Two that
// follow each other share at least 'overlap' pixels, and all begin at multiples of 'step', so that
// their columns fall together. REQUIRES: width > 0, step > 0, longest >= overlap + step.
// Thread-safe.
std::vector<LineWindow> SplitLine(int width, int longest, int overlap, int step);

// One line out of what its windows were read as: between two windows the line is cut in the middle
// of the longest gap that both see as blank; without one, in the middle of the overlap. Columns
// count from the line's start, 'step' pixels each. REQUIRES: as many windows as readings.
// Thread-safe.
std::vector<CtcCharacter> JoinWindows(std::span<const LineWindow> windows,
                                      std::span<const CtcSteps> readings, int step);

}  // namespace omserve

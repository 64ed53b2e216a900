// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/steps/line_windows.h"

#include <algorithm>

namespace omserve {
namespace {

// A step of the whole line at which the line passes from one window to the next.
size_t Cut(const LineWindow& left, const CtcSteps& left_steps, const LineWindow& right,
           const CtcSteps& right_steps, int step) {
  const auto offset = [step](const LineWindow& w) { return static_cast<size_t>(w.x / step); };
  const size_t first = offset(right);
  // Columns that carry padding only are past the window's end.
  const size_t end = static_cast<size_t>((left.x + left.width) / step);
  const size_t last =
      std::min({end, offset(left) + left_steps.best.size(), first + right_steps.best.size()});
  if (last <= first) return first;
  const auto blank = [&](size_t s) {
    return left_steps.best[s - offset(left)] == 0 && right_steps.best[s - first] == 0;
  };
  size_t best = (first + last) / 2;
  size_t longest = 0;
  for (size_t s = first; s < last;) {
    if (!blank(s)) {
      ++s;
      continue;
    }
    const size_t start = s;
    while (s < last && blank(s)) ++s;
    if (s - start > longest) {
      longest = s - start;
      best = start + longest / 2;
    }
  }
  return best;
}

}  // namespace

std::vector<LineWindow> SplitLine(int width, int longest, int overlap, int step) {
  if (width <= longest) return {{0, width}};
  const auto upwards = [](int a, int b) { return (a + b - 1) / b; };
  const int furthest = (longest - overlap) / step * step;
  const int more = upwards(width - longest, furthest);
  const int way = upwards(upwards(width - longest, more), step) * step;
  std::vector<LineWindow> windows;
  for (int x = 0; x < width; x += way) {
    windows.push_back({x, std::min(longest, width - x)});
    if (x + longest >= width) break;
  }
  return windows;
}

std::vector<CtcCharacter> JoinWindows(std::span<const LineWindow> windows,
                                      std::span<const CtcSteps> readings, int step) {
  std::vector<CtcCharacter> line;
  size_t from = 0;  // step of the line
  for (size_t i = 0; i < windows.size(); ++i) {
    const size_t shift = static_cast<size_t>(windows[i].x / step);
    const bool last = i + 1 == windows.size();
    const size_t to = last ? shift + readings[i].best.size()
                           : Cut(windows[i], readings[i], windows[i + 1], readings[i + 1], step);
    if (to > from) {
      const auto part =
          CollapseSteps(readings[i], from - shift, to - shift, static_cast<float>(shift));
      line.insert(line.end(), part.begin(), part.end());
      from = to;
    }
  }
  return line;
}

}  // namespace omserve

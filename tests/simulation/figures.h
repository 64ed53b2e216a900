// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace omserve::simulation {

// What the policy is good for, in virtual time: a ratio with the bar that it must keep.
struct Figure {
  std::string name;
  double value = 0;
  double bar = 0;
  bool higher_is_better = true;
  std::string how;
  bool held() const { return higher_is_better ? value >= bar : value <= bar; }
};

std::vector<Figure> MeasureFigures();

// Prints them; 1 when one is below its bar.
int PrintFigures();

}  // namespace omserve::simulation

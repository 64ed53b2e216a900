// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/figures.h"

#include <gtest/gtest.h>

namespace omserve::simulation {
namespace {

TEST(FiguresTest, AllBarsAreHeld) {
  for (const Figure& figure : MeasureFigures()) {
    EXPECT_TRUE(figure.held()) << figure.name << " is " << figure.value << ", bar " << figure.bar
                               << ": " << figure.how;
  }
}

}  // namespace
}  // namespace omserve::simulation

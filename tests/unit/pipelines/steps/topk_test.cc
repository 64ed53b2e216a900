// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/steps/topk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace omserve {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(TopKTest, SortsDescendingAndKeepsTheOrderOfEqualValues) {
  const float values[] = {1, -3, 5, 5, 0, -0.0F, 5};
  EXPECT_THAT(TopK(values, 2), ElementsAre(2, 3));
  EXPECT_THAT(TopK(values, 100), ElementsAre(2, 3, 6, 0, 4, 5, 1));
  EXPECT_THAT(TopK(values, 0), IsEmpty());
  EXPECT_THAT(TopK({}, 3), IsEmpty());
}

TEST(TopKTest, NanIsTheSmallest) {
  const float inf = std::numeric_limits<float>::infinity();
  const float values[] = {std::nanf(""), -inf, inf, -std::nanf("")};
  EXPECT_THAT(TopK(values, 4), ElementsAre(2, 1, 0, 3));
}

}  // namespace
}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/steps/softmax_top_k.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace omserve {
namespace {

TEST(SoftmaxTopKTest, GivesTheBestWithTheirShareOfAll) {
  const std::vector<float> logits = {0, std::log(6.0F), std::log(2.0F), std::log(1.0F)};
  const auto best = SoftmaxTopK(logits, 3);
  ASSERT_EQ(best.size(), 3u);
  EXPECT_EQ(best[0].label, 1);
  EXPECT_FLOAT_EQ(best[0].score, 0.6F);
  EXPECT_EQ(best[1].label, 2);
  EXPECT_FLOAT_EQ(best[1].score, 0.2F);
  EXPECT_EQ(best[2].label, 0);  // the first of two equal ones
}

TEST(SoftmaxTopKTest, LargeLogitsDoNotOverflow) {
  const std::vector<float> logits = {1e30F, -1e30F, 88.8F};
  const auto best = SoftmaxTopK(logits, 9);
  ASSERT_EQ(best.size(), 3u);
  EXPECT_EQ(best[0].score, 1.0F);
  EXPECT_EQ(best[2].score, 0.0F);
}

TEST(SoftmaxTopKTest, NothingOfNothing) {
  EXPECT_TRUE(SoftmaxTopK({}, 5).empty());
  const std::vector<float> logits = {1};
  EXPECT_TRUE(SoftmaxTopK(logits, 0).empty());
}

}  // namespace
}  // namespace omserve

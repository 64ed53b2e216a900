// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/steps/dedup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace omserve {
namespace {

TEST(DedupTest, KeepsTheFirstOfEachLabel) {
  const int labels[] = {3, 1, 3, 0, 1, 1};
  EXPECT_THAT(KeepTop1PerLabel(labels), testing::ElementsAre(0, 1, 3));
  EXPECT_TRUE(KeepTop1PerLabel({}).empty());
}

}  // namespace
}  // namespace omserve

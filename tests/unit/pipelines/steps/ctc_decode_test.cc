// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/steps/ctc_decode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace omserve {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// RapidOCR 1.4.4's CTCLabelDecode on the same steps keeps columns 1, 4, 5, 7 and 8.
TEST(CtcDecodeTest, DropsRepeatsAndBlanks) {
  constexpr size_t kClasses = 7;
  const std::vector<int> classes = {0, 1, 1, 0, 1, 6, 0, 4, 5, 5, 0, 0};
  std::vector<float> probabilities(classes.size() * kClasses, 0.01F);
  for (size_t i = 0; i < classes.size(); ++i) {
    probabilities[i * kClasses + static_cast<size_t>(classes[i])] =
        0.5F + 0.04F * static_cast<float>(i);
  }
  const CtcSteps steps = BestClasses(probabilities, kClasses);
  EXPECT_EQ(steps.best, classes);
  const auto kept = CollapseSteps(steps, 0, steps.best.size(), 0);
  std::vector<int> indices;
  std::vector<float> columns;
  for (const CtcCharacter& one : kept) {
    indices.push_back(one.index);
    columns.push_back(one.column);
  }
  EXPECT_THAT(indices, ElementsAre(1, 1, 6, 4, 5));
  EXPECT_THAT(columns, ElementsAre(1, 4, 5, 7, 8));
  EXPECT_NEAR(MeanScore(kept), 0.7F, 1e-6);
}

TEST(CtcDecodeTest, FindsTheFirstOfEqualsInWideRows) {
  std::vector<float> row(6625, 0.0F);
  row[6000] = row[6624] = 0.5F;
  EXPECT_THAT(BestClasses(row, row.size()).best, ElementsAre(6000));
  EXPECT_THAT(BestClasses(row, row.size()).score, ElementsAre(0.5F));
}

TEST(CtcDecodeTest, LastClassOfARowThatIsNoMultipleOfAVector) {
  std::vector<float> row(97, 0.0F);
  row[96] = 1;
  EXPECT_THAT(BestClasses(row, row.size()).best, ElementsAre(96));
}

TEST(CtcDecodeTest, NotANumberIsBlank) {
  const std::vector<float> row(40, std::numeric_limits<float>::quiet_NaN());
  const CtcSteps steps = BestClasses(row, row.size());
  EXPECT_THAT(steps.best, ElementsAre(0));
  EXPECT_THAT(steps.score, ElementsAre(0));
}

TEST(CtcDecodeTest, NothingHasTheScoreZero) {
  EXPECT_THAT(CollapseSteps({{0, 0, 0}, {1, 1, 1}}, 0, 3, 0), IsEmpty());
  EXPECT_EQ(MeanScore({}), 0);
}

TEST(CtcDecodeTest, APartKnowsWhatStandsBeforeIt) {
  const CtcSteps steps{{3, 3, 0, 3}, {1, 1, 1, 1}};
  const auto kept = CollapseSteps(steps, 1, 4, 10);
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_EQ(kept[0].column, 13);
}

}  // namespace
}  // namespace omserve

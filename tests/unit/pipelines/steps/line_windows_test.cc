// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/steps/line_windows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace omserve {
namespace {

using ::testing::ElementsAre;

TEST(LineWindowsTest, ALineThatFitsIsOneWindow) {
  EXPECT_THAT(SplitLine(1280, 1280, 160, 8), ElementsAre(LineWindow{0, 1280}));
  EXPECT_THAT(SplitLine(1, 1280, 160, 8), ElementsAre(LineWindow{0, 1}));
}

TEST(LineWindowsTest, WindowsCoverTheLineAndOverlap) {
  for (int width = 1281; width < 9000; width += 37) {
    const auto windows = SplitLine(width, 1280, 160, 8);
    ASSERT_GE(windows.size(), 2U);
    EXPECT_EQ(windows.front().x, 0);
    EXPECT_EQ(windows.back().x + windows.back().width, width);
    for (size_t i = 0; i < windows.size(); ++i) {
      EXPECT_EQ(windows[i].x % 8, 0);
      EXPECT_GT(windows[i].width, 0);
      EXPECT_LE(windows[i].width, 1280);
      if (i > 0) EXPECT_GE(windows[i - 1].x + windows[i - 1].width - windows[i].x, 160) << width;
    }
  }
}

CtcSteps Steps(const std::string& classes) {
  CtcSteps steps;
  for (const char c : classes) {
    steps.best.push_back(c == '.' ? 0 : c);
    steps.score.push_back(0.5F);
  }
  return steps;
}

std::string Text(const std::vector<CtcCharacter>& characters) {
  std::string text;
  for (const CtcCharacter& one : characters) text += static_cast<char>(one.index);
  return text;
}

// Two windows of ten steps that share four; the left one sees half of 'D' at its end, the right one
// half of 'B' at its start.
TEST(LineWindowsTest, JoinsAtTheLongestGapThatBothSee) {
  const std::vector<LineWindow> windows = {{0, 80}, {48, 80}};
  const std::vector<CtcSteps> readings = {Steps("A..A..B..O"), Steps("8..D..E..F")};
  const auto line = JoinWindows(windows, readings, 8);
  EXPECT_EQ(Text(line), "AABDEF");
  EXPECT_EQ(line[3].column, 9);
  EXPECT_EQ(line[5].column, 15);
}

TEST(LineWindowsTest, ACharacterOnTheCutIsReadOnce) {
  const std::vector<LineWindow> windows = {{0, 64}, {32, 64}};
  const std::vector<CtcSteps> readings = {Steps("A...CCCC"), Steps("CCCC...Z")};
  EXPECT_EQ(Text(JoinWindows(windows, readings, 8)), "ACZ");
}

TEST(LineWindowsTest, OneWindowKeepsWhatItReadInItsPadding) {
  EXPECT_EQ(
      Text(JoinWindows(std::vector<LineWindow>{{0, 16}}, std::vector<CtcSteps>{Steps("a..b")}, 8)),
      "ab");
}

TEST(LineWindowsTest, AWindowThatWasNotReadIsEmpty) {
  const std::vector<LineWindow> windows = {{0, 64}, {32, 64}};
  const std::vector<CtcSteps> readings = {Steps("A..B...."), CtcSteps{}};
  EXPECT_EQ(Text(JoinWindows(windows, readings, 8)), "AB");
}

}  // namespace
}  // namespace omserve

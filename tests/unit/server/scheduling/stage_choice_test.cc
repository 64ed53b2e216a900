// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/scheduling/stage_choice.h"

#include <gtest/gtest.h>

namespace omserve::scheduling {
namespace {

using absl::Milliseconds;

constexpr absl::Time kStart = absl::UnixEpoch();
constexpr absl::Duration kPatience = Milliseconds(100);

StageCandidate Candidate(StageId stage, int left) {
  StageCandidate candidate;
  candidate.stage = stage;
  candidate.left = left;
  candidate.key = kStart;
  candidate.due = absl::InfiniteFuture();
  candidate.cost = Milliseconds(10);
  candidate.efficiency = 1;
  return candidate;
}

TEST(StageChoiceTest, LaterStagesGoFirst) {
  EXPECT_EQ(ChooseStage({Candidate(0, 2), Candidate(1, 1), Candidate(2, 0)}, kStart, kPatience),
            2u);
}

TEST(StageChoiceTest, ButNotBeforeWhatIsMuchOlder) {
  StageCandidate old = Candidate(0, 1);
  old.key = kStart - Milliseconds(9);
  EXPECT_EQ(ChooseStage({old, Candidate(1, 0)}, kStart, kPatience), 1u);
  old.key = kStart - Milliseconds(11);
  EXPECT_EQ(ChooseStage({old, Candidate(1, 0)}, kStart, kPatience), 0u);
}

TEST(StageChoiceTest, APoorlyFilledStageWaitsForCompany) {
  StageCandidate poor = Candidate(1, 0);
  poor.efficiency = 0.4;
  EXPECT_EQ(ChooseStage({Candidate(0, 1), poor}, kStart, kPatience), 0u);
  StageCandidate as_poor = Candidate(0, 1);
  as_poor.efficiency = 0.4;
  EXPECT_EQ(ChooseStage({as_poor, poor}, kStart, kPatience), 1u);
}

TEST(StageChoiceTest, UnlessItLosesNextToNothing) {
  StageCandidate cheap = Candidate(0, 3);
  cheap.efficiency = 0.1;
  cheap.cost = absl::Microseconds(500);
  StageCandidate crowd = Candidate(1, 1);
  crowd.key = kStart + absl::Seconds(1);
  EXPECT_EQ(ChooseStage({cheap, crowd}, kStart, kPatience), 0u);
  cheap.cost = Milliseconds(5);
  EXPECT_EQ(ChooseStage({cheap, crowd}, kStart, kPatience), 1u);
}

TEST(StageChoiceTest, ButDoesNotStarve) {
  StageCandidate poor = Candidate(1, 0);
  poor.efficiency = 0.4;
  poor.passed = kPatience + Milliseconds(1);
  EXPECT_EQ(ChooseStage({Candidate(0, 1), poor}, kStart, kPatience), 1u);
}

TEST(StageChoiceTest, WhatWouldBeLateAsTheSecondGoesFirst) {
  StageCandidate urgent = Candidate(0, 1);
  urgent.due = kStart + Milliseconds(15);
  EXPECT_EQ(ChooseStage({urgent, Candidate(1, 0)}, kStart, kPatience), 0u);
  urgent.due = kStart + Milliseconds(25);
  EXPECT_EQ(ChooseStage({urgent, Candidate(1, 0)}, kStart, kPatience), 1u) << "it has time";
  urgent.due = kStart + Milliseconds(5);
  EXPECT_EQ(ChooseStage({urgent, Candidate(1, 0)}, kStart, kPatience), 1u) << "it is late anyway";
}

TEST(StageChoiceTest, APipelineFarAboveItsShareWaits) {
  StageCandidate greedy = Candidate(1, 0);
  greedy.pipeline = 1;
  greedy.ahead = 0.005;  // less than a batch
  EXPECT_EQ(ChooseStage({Candidate(0, 1), greedy}, kStart, kPatience), 1u);
  greedy.ahead = 0.011;
  EXPECT_EQ(ChooseStage({Candidate(0, 1), greedy}, kStart, kPatience), 0u);
}

TEST(StageChoiceTest, TheLowPriorityWaits) {
  StageCandidate low = Candidate(1, 0);
  low.relegated = true;
  EXPECT_EQ(ChooseStage({Candidate(0, 1), low}, kStart, kPatience), 0u);
  StageCandidate other = Candidate(0, 1);
  other.relegated = true;
  EXPECT_EQ(ChooseStage({other, low}, kStart, kPatience), 1u);
}

}  // namespace
}  // namespace omserve::scheduling

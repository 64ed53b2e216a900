// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/frame_line.h"

#include <random>
#include <set>

#include "gtest/gtest.h"

namespace omserve {
namespace {

using Line = FrameLine<int>;

std::shared_ptr<int> Frame(int number) { return std::make_shared<int>(number); }

// Begins the frame that waits and gives its number, 0 when none could begin.
int Begun(Line& line, std::shared_ptr<int>* kept = nullptr) {
  const std::shared_ptr<int> frame = line.Begin();
  if (frame == nullptr) return 0;
  if (kept != nullptr) *kept = frame;
  return *frame;
}

TEST(FrameLineTest, ANewerFrameTakesThePlaceOfTheOneThatWaits) {
  Line line(1);
  EXPECT_EQ(line.Arrive(Frame(1)), nullptr);
  EXPECT_EQ(Begun(line), 1);
  EXPECT_EQ(line.Arrive(Frame(2)), nullptr);
  EXPECT_EQ(Begun(line), 0) << "there is no room";
  EXPECT_EQ(*line.Arrive(Frame(3)), 2);
  EXPECT_EQ(*line.Arrive(Frame(4)), 3);
  EXPECT_FALSE(line.empty());
}

TEST(FrameLineTest, TellsHowManyWereDroppedBefore) {
  Line line(1);
  std::shared_ptr<int> one;
  line.Arrive(Frame(1));
  ASSERT_EQ(Begun(line, &one), 1);
  for (int i = 2; i <= 5; ++i) line.Arrive(Frame(i));
  line.Answered(*one);
  auto answer = line.Write();
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->number, 1);
  EXPECT_EQ(answer->dropped, 0);
  EXPECT_EQ(Begun(line), 0) << "the answer has not been taken";
  line.Written();
  std::shared_ptr<int> five;
  ASSERT_EQ(Begun(line, &five), 5);
  line.Answered(*five);
  answer = line.Write();
  EXPECT_EQ(answer->number, 5);
  EXPECT_EQ(answer->dropped, 3);
  EXPECT_EQ(answer->dropped_total, 3);
  line.Written();
  EXPECT_TRUE(line.empty());
}

TEST(FrameLineTest, AnswersLeaveInTheOrderOfTheFrames) {
  Line line(2);
  std::shared_ptr<int> one;
  std::shared_ptr<int> two;
  line.Arrive(Frame(1));
  Begun(line, &one);
  line.Arrive(Frame(2));
  Begun(line, &two);
  line.Answered(*two);
  EXPECT_FALSE(line.Write().has_value()) << "the older one works";
  line.Answered(*one);
  EXPECT_EQ(line.Write()->number, 1);
  EXPECT_FALSE(line.Write().has_value()) << "one at a time";
  line.Written();
  EXPECT_EQ(line.Write()->number, 2);
  line.Written();
  EXPECT_TRUE(line.empty());
}

TEST(FrameLineTest, AFrameThatIsDroppedAtWorkMakesRoomAndIsCounted) {
  Line line(2);
  std::shared_ptr<int> one;
  std::shared_ptr<int> two;
  line.Arrive(Frame(1));
  Begun(line, &one);
  line.Arrive(Frame(2));
  Begun(line, &two);
  EXPECT_TRUE(line.Dropped(*one));
  line.Answered(*two);
  const auto answer = line.Write();
  EXPECT_EQ(answer->number, 2);
  EXPECT_EQ(answer->dropped, 1);
  line.Arrive(Frame(3));
  EXPECT_EQ(Begun(line), 3);
}

TEST(FrameLineTest, TheNewestFrameIsNeverDroppedInSilence) {
  Line line(2);
  std::shared_ptr<int> one;
  line.Arrive(Frame(1));
  Begun(line, &one);
  EXPECT_FALSE(line.Dropped(*one));
  line.Answered(*one);
  EXPECT_EQ(line.Write()->number, 1);
}

TEST(FrameLineTest, DropsAnswersThatNobodyReads) {
  Line line(2);
  std::shared_ptr<int> one;
  line.Arrive(Frame(1));
  Begun(line, &one);
  line.Arrive(Frame(2));
  Begun(line);
  EXPECT_EQ(line.AtWork().size(), 2u);
  line.Answered(*one);
  line.DropAnswers();
  EXPECT_EQ(line.AtWork().size(), 1u);
  line.Arrive(Frame(3));
  EXPECT_EQ(*line.DropWaiting(), 3);
  EXPECT_EQ(line.DropWaiting(), nullptr);
}

// Whatever happens in whatever order: at most 'room' frames are held beside the one that waits,
// answers are in order, and answers and drops make up all frames.
TEST(FrameLineTest, EveryFrameIsAnsweredOrCounted) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    std::mt19937 random(seed);
    Line line(1 + seed % 3);
    int sent = 0;
    int64_t last = 0;
    int64_t answered = 0;
    int64_t dropped = 0;
    bool writing = false;
    const auto step = [&](unsigned what) {
      std::vector<std::shared_ptr<int>> work = line.AtWork();
      ASSERT_LE(work.size(), 1 + seed % 3);
      switch (what) {
        case 0:
          line.Arrive(Frame(++sent));
          break;
        case 1:
          Begun(line);
          break;
        case 2:
          if (!work.empty()) line.Answered(*work[random() % work.size()]);
          break;
        case 3:
          if (!work.empty()) line.Dropped(*work[random() % work.size()]);
          break;
        default:
          if (writing) line.Written();
          writing = false;
          if (const auto answer = line.Write(); answer.has_value()) {
            writing = true;
            ASSERT_EQ(*answer->frame, answer->number);
            ASSERT_EQ(answer->number, last + answer->dropped + 1);
            last = answer->number;
            ++answered;
            dropped += answer->dropped;
            ASSERT_EQ(answer->dropped_total, dropped);
          }
      }
    };
    for (int i = 0; i < 400; ++i) step(random() % 5);
    for (int i = 0; i < 100 && !line.empty(); ++i) {
      for (const unsigned what : {1u, 2u, 4u}) step(what);
    }
    ASSERT_TRUE(line.empty()) << "seed " << seed;
    ASSERT_EQ(answered + dropped, sent) << "seed " << seed;
  }
}

}  // namespace
}  // namespace omserve

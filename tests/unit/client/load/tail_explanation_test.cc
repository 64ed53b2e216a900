// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/tail_explanation.h"

#include <gtest/gtest.h>

#include <set>

namespace omserve::client {
namespace {

// 'queue' of the backbone, 10 ms of execution, the rest outside; sent late by 'late'.
LoadAnswer Answer(uint64_t number, int queue_ms, int late_ms) {
  LoadAnswer answer;
  answer.number = number;
  answer.sent_latency = absl::Milliseconds(queue_ms + 10 + 2);
  answer.latency = answer.sent_latency + absl::Milliseconds(late_ms);
  answer.timing.mutable_received();
  answer.timing.mutable_sent()->set_nanos((queue_ms + 10) * 1'000'000);
  v1::StageTiming& stage = *answer.timing.add_stages();
  stage.set_stage("backbone");
  stage.mutable_queue()->set_nanos(queue_ms * 1'000'000);
  stage.mutable_execute()->set_nanos(10'000'000);
  return answer;
}

TEST(TailExplanationTest, NamesThePartsOfARequest) {
  std::set<std::string> names;
  double sum = 0;
  for (const LatencyPart& part : PartsOf(Answer(1, 5, 3))) {
    names.insert(part.name);
    sum += part.ms;
  }
  EXPECT_EQ(names, (std::set<std::string>{"sent late", "outside the server", "backbone queue",
                                          "backbone execute"}));
  EXPECT_NEAR(sum, 20, 1e-6) << "all of its latency";
  LoadAnswer untold;
  untold.latency = untold.sent_latency = absl::Milliseconds(4);
  ASSERT_EQ(PartsOf(untold).size(), 1U);
  EXPECT_EQ(PartsOf(untold)[0].name, "server and network");
}

TEST(TailExplanationTest, FindsWhatIsUnusualInEachSlowRequest) {
  SlowestAnswers slowest;
  AnswerSample sample;
  for (uint64_t i = 0; i < 2000; ++i) {
    const LoadAnswer answer = Answer(i, i % 100 == 7 ? 90 : 1, i % 100 == 8 ? 60 : 0);
    if (slowest.Wants(answer.latency)) slowest.Add(answer);
    if (sample.Wants(i)) sample.Add(answer);
  }
  const TailExplanation tail = ExplainTail(slowest, sample);
  EXPECT_EQ(tail.answers, 100);
  EXPECT_EQ(sample.answers().size(), AnswerSample::kKept);
  EXPECT_EQ(tail.main_causes[0], "backbone queue");
  EXPECT_EQ(tail.main_causes[19], "backbone queue");
  EXPECT_EQ(tail.main_causes[20], "sent late");
  EXPECT_EQ(tail.parts[0].name, "backbone queue");
  EXPECT_EQ(tail.parts[0].main_cause, 20);
  EXPECT_NEAR(tail.usual_ms, 14.5, 3) << "a fair sample";
  EXPECT_EQ(tail.ToJson()["answers"], 100);
}

TEST(AnswerSampleTest, IsTheSameHoweverItWasGathered) {
  AnswerSample all;
  AnswerSample halves[2];
  for (uint64_t i = 0; i < 3000; ++i) {
    LoadAnswer answer;
    answer.number = i;
    for (AnswerSample* sample : {&all, &halves[i % 2]}) {
      if (sample->Wants(i)) sample->Add(answer);
    }
  }
  halves[0].Merge(halves[1]);
  ASSERT_EQ(all.answers().size(), AnswerSample::kKept);
  for (size_t i = 0; i < AnswerSample::kKept; ++i) {
    EXPECT_EQ(all.answers()[i].number, halves[0].answers()[i].number);
  }
}

TEST(TailExplanationTest, NothingIsExplainedByNothing) {
  EXPECT_TRUE(ExplainTail(SlowestAnswers(), AnswerSample()).parts.empty());
}

}  // namespace
}  // namespace omserve::client

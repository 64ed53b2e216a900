// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/class_stats.h"

#include <gtest/gtest.h>

#include "client/load/fail_on.h"
#include "client/load/slowest_answers.h"

namespace omserve::client {
namespace {

Ending::Time At(int milliseconds) { return Ending::Time(std::chrono::milliseconds(milliseconds)); }

// A request that was due at 0 ms.
Ending EndingAt(int sent, int ended, absl::StatusCode code = absl::StatusCode::kOk) {
  Ending ending;
  ending.code = code;
  ending.scheduled = At(0);
  ending.sent = At(sent);
  ending.ended = At(ended);
  ending.limit = absl::Milliseconds(50);
  return ending;
}

TEST(ClassStatsTest, MeasuresFromTheScheduledAndFromTheSentTime) {
  ClassStats stats;
  stats.Record(EndingAt(/*sent=*/30, /*ended=*/40));
  EXPECT_EQ(stats.latency.max_ms(), 40);
  EXPECT_EQ(stats.sent_latency.max_ms(), 10);
}

TEST(ClassStatsTest, InTimeCountsFromTheScheduledTime) {
  ClassStats stats;
  stats.Record(EndingAt(0, 50));
  stats.Record(EndingAt(45, 51));  // 6 ms after it was sent, and yet too late
  stats.Record(EndingAt(0, 10, absl::StatusCode::kInternal));
  EXPECT_EQ(stats.ok, 2);
  EXPECT_EQ(stats.in_time, 1);
}

TEST(ClassStatsTest, CountsOutcomesByCode) {
  ClassStats stats;
  Ending refused = EndingAt(0, 1, absl::StatusCode::kResourceExhausted);
  refused.retry_after = absl::Milliseconds(50);
  stats.Record(refused);
  stats.Record(EndingAt(0, 7, absl::StatusCode::kResourceExhausted));
  stats.Record(EndingAt(0, 9, absl::StatusCode::kUnavailable));
  stats.Record(EndingAt(0, 9, absl::StatusCode::kCancelled));  // the server's doing
  Ending cancelled = EndingAt(0, 3, absl::StatusCode::kCancelled);
  cancelled.cancelled_by_client = true;
  stats.Record(cancelled);
  Ending too_late_to_cancel = EndingAt(0, 3);
  too_late_to_cancel.cancelled_by_client = true;
  stats.Record(too_late_to_cancel);
  stats.RecordNotSent();
  EXPECT_EQ(stats.requests, 7);
  EXPECT_EQ(stats.ok, 1);
  EXPECT_EQ(stats.cancelled_by_client, 1);
  EXPECT_EQ(stats.not_sent, 1);
  EXPECT_EQ(stats.errors,
            (std::map<absl::StatusCode, int64_t>{{absl::StatusCode::kCancelled, 1},
                                                 {absl::StatusCode::kResourceExhausted, 2},
                                                 {absl::StatusCode::kUnavailable, 1}}));
  EXPECT_EQ(stats.error_latency.at(absl::StatusCode::kResourceExhausted).max_ms(), 7);
  EXPECT_EQ(stats.retry_after.count(), 1);
  EXPECT_EQ(stats.retry_after.mean_ms(), 50);
  EXPECT_EQ(stats.latency.count(), 1) << "only of answers that are ok";
}

v1::Timing Timing(const std::string& stage, int queue_ms, int execute_ms, int server_ms) {
  v1::Timing timing;
  timing.mutable_received()->set_seconds(1000);
  timing.mutable_received()->set_nanos(999'000'000);
  timing.mutable_sent()->set_seconds(1001);
  timing.mutable_sent()->set_nanos((server_ms - 1) * 1'000'000);
  v1::StageTiming* part = timing.add_stages();
  part->set_stage(stage);
  part->mutable_queue()->set_nanos(queue_ms * 1'000'000);
  part->mutable_execute()->set_nanos(execute_ms * 1'000'000);
  part->set_batch_size(4);
  part->set_padding(1);
  part->set_batches(2);
  return timing;
}

TEST(ClassStatsTest, JoinsWhatTheServerSays) {
  ClassStats stats;
  const v1::Timing first = Timing("backbone", 2, 10, 15);
  const v1::Timing second = Timing("backbone", 4, 20, 25);
  Ending ending = EndingAt(0, 20);
  ending.timing = &first;
  stats.Record(ending);
  ending = EndingAt(0, 40);
  ending.timing = &second;
  stats.Record(ending);
  EXPECT_EQ(stats.server.mean_ms(), 20);
  EXPECT_EQ(stats.outside.mean_ms(), 10);
  const nlohmann::json stages = stats.stages.ToJson();
  ASSERT_EQ(stages.size(), 1U);
  EXPECT_EQ(stages[0]["stage"], "backbone");
  EXPECT_EQ(stages[0]["answers"], 2);
  EXPECT_EQ(stages[0]["queue_ms"]["mean"], 3);
  EXPECT_EQ(stages[0]["execute_ms"]["max"], 20);
  EXPECT_EQ(stages[0]["batch_size"], 4);
  EXPECT_EQ(stages[0]["padding"], 1);
  EXPECT_EQ(stages[0]["batches"], 2);
}

TEST(ClassStatsTest, MergesEverything) {
  ClassStats one;
  const v1::Timing backbone = Timing("backbone", 2, 10, 15);
  Ending ending = EndingAt(0, 20);
  ending.timing = &backbone;
  one.Record(ending);
  one.Record(EndingAt(0, 1, absl::StatusCode::kInternal));
  ClassStats other;
  const v1::Timing head = Timing("head", 6, 10, 15);
  ending.timing = &head;
  other.Record(ending);
  ending.timing = &backbone;
  other.Record(ending);
  other.Record(EndingAt(0, 1, absl::StatusCode::kInternal));
  other.RecordNotSent();
  one.Merge(other);
  EXPECT_EQ(one.requests, 6);
  EXPECT_EQ(one.ok, 3);
  EXPECT_EQ(one.in_time, 3);
  EXPECT_EQ(one.not_sent, 1);
  EXPECT_EQ(one.errors.at(absl::StatusCode::kInternal), 2);
  EXPECT_EQ(one.error_latency.at(absl::StatusCode::kInternal).count(), 2);
  ASSERT_EQ(one.stages.stages().size(), 2U);
  EXPECT_EQ(one.stages.stages()[0].name, "backbone");
  EXPECT_EQ(one.stages.stages()[0].queue.count(), 2);
  EXPECT_EQ(one.stages.stages()[1].name, "head");
}

TEST(FailOnTest, DecidesByOutcome) {
  ClassStats good;
  good.Record(EndingAt(0, 1));
  Ending cancelled = EndingAt(0, 3, absl::StatusCode::kCancelled);
  cancelled.cancelled_by_client = true;
  good.Record(cancelled);
  ClassStats refused = good;
  refused.Record(EndingAt(0, 1, absl::StatusCode::kResourceExhausted));
  ClassStats unsent = good;
  unsent.RecordNotSent();
  const auto failed = [](const char* text, const ClassStats& stats) {
    return HasFailed(*ParseFailOn(text), stats);
  };
  EXPECT_FALSE(failed("any", good));
  EXPECT_TRUE(failed("any", refused));
  EXPECT_TRUE(failed("any", unsent));
  EXPECT_FALSE(failed("none", refused));
  EXPECT_FALSE(failed("none", unsent));
  EXPECT_TRUE(failed("INTERNAL,RESOURCE_EXHAUSTED", refused));
  EXPECT_FALSE(failed("INTERNAL,UNAVAILABLE", refused));
  EXPECT_FALSE(failed("CANCELLED", good));
  EXPECT_TRUE(failed("NOT_SENT", unsent));
  for (const char* text : {"", "internal", "ANY", "INTERNAL,", "OK"}) {
    EXPECT_FALSE(ParseFailOn(text).ok()) << text;
  }
}

TEST(SlowestAnswersTest, KeepsTheSlowest) {
  SlowestAnswers one;
  SlowestAnswers other;
  for (uint64_t i = 0; i < 1008; ++i) {
    // 1000 and 1009 have no common divisor: every latency from 0 to 1008 but one, in no order.
    const absl::Duration latency = absl::Milliseconds(i * 1000 % 1009);
    SlowestAnswers& half = i % 2 == 0 ? one : other;
    if (half.Wants(latency)) {
      half.Add({.latency = latency,
                .sent_latency = latency,
                .at = absl::ZeroDuration(),
                .number = i,
                .request_class = 0,
                .timing = Timing("backbone", static_cast<int>(i), 0, 1)});
    }
  }
  one.Merge(other);
  ASSERT_EQ(one.answers().size(), SlowestAnswers::kKept);
  // 1008 * 1000 % 1009 = 9 is the one that is left out.
  for (size_t i = 0; i < SlowestAnswers::kKept; ++i) {
    const LoadAnswer& answer = one.answers()[i];
    EXPECT_EQ(answer.latency, absl::Milliseconds(1008 - i));
    EXPECT_EQ(answer.timing.stages(0).queue().nanos(), answer.number * 1'000'000);
  }
  EXPECT_FALSE(one.Wants(absl::Milliseconds(909)));
  EXPECT_TRUE(one.Wants(absl::Milliseconds(910)));
}

}  // namespace
}  // namespace omserve::client

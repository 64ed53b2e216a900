// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/load_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>

#include "client/load/load_progress_view.h"

namespace omserve::client {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

LoadHead Head(bool open) {
  ClassSpec spec;
  spec.name = "people";
  LoadHead head = {.options = LoadOptions(), .classes = {spec}};
  head.options.server = "h:1";
  head.options.warmup = 5;
  if (open) {
    head.options.arrivals = {.kind = Arrivals::Kind::kPoisson, .rate = 10};
  }
  return head;
}

LoadResult Result() {
  using std::chrono::milliseconds;
  v1::Timing timing;
  timing.add_stages()->set_stage("backbone");
  timing.mutable_stages(0)->mutable_queue()->set_nanos(3'000'000);
  LoadResult result;
  ClassStats stats;
  for (const int latency : {10, 20, 30}) {
    Ending ending;
    ending.ended = Ending::Time(milliseconds(latency));
    ending.limit = absl::Milliseconds(25);
    ending.timing = &timing;
    stats.Record(ending);
  }
  Ending refused;
  refused.code = absl::StatusCode::kResourceExhausted;
  refused.ended = Ending::Time(milliseconds(2));
  refused.retry_after = absl::Milliseconds(50);
  stats.Record(refused);
  stats.RecordNotSent();
  result.all = stats;
  result.stats.classes = {stats};
  result.stats.slowest.Add({.latency = absl::Milliseconds(30),
                            .sent_latency = absl::Milliseconds(30),
                            .at = absl::Seconds(1),
                            .number = 7,
                            .request_class = 0,
                            .timing = timing});
  result.seconds = 2;
  result.requests_per_s = 1.5;
  result.steady_requests_per_s = 1.4;
  result.goodput_per_s = 1;
  result.offered_per_s = 2.5;
  result.sent_per_s = 2;
  return result;
}

TEST(LoadReportTest, JsonKeepsTheNamesThatOthersRead) {
  const nlohmann::json document = LoadJson(Head(/*open=*/false), Result());
  EXPECT_EQ(document["method"], "detect");
  EXPECT_EQ(document["server"], "h:1");
  EXPECT_EQ(document["in_flight"], 8);
  EXPECT_EQ(document["warmup"], 5);
  EXPECT_EQ(document["requests"], 5);
  EXPECT_EQ(document["ok"], 3);
  EXPECT_EQ(document["errors"], (nlohmann::json{{"NOT_SENT", 1}, {"RESOURCE_EXHAUSTED", 1}}));
  EXPECT_EQ(document["seconds"], 2);
  EXPECT_EQ(document["requests_per_s"], 1.5);
  for (const char* name : {"mean", "p50", "p90", "p95", "p99", "p99_9", "max"}) {
    EXPECT_TRUE(document["latency_ms"][name].is_number()) << name;
  }
  EXPECT_EQ(document["latency_ms"]["max"], 30);
  EXPECT_EQ(document["loop"], "closed");
  EXPECT_TRUE(document["offered_per_s"].is_null());
}

TEST(LoadReportTest, JsonTellsTheRest) {
  const nlohmann::json document = LoadJson(Head(/*open=*/true), Result());
  EXPECT_EQ(document["loop"], "open");
  EXPECT_TRUE(document["in_flight"].is_null());
  EXPECT_EQ(document["max_in_flight"], 10000);
  EXPECT_EQ(document["arrivals"], "poisson");
  EXPECT_EQ(document["rate"], 10);
  EXPECT_EQ(document["in_time"], 2);
  EXPECT_EQ(document["goodput_per_s"], 1);
  EXPECT_EQ(document["offered_per_s"], 2.5);
  EXPECT_EQ(document["sent_per_s"], 2);
  EXPECT_EQ(document["steady_requests_per_s"], 1.4);
  EXPECT_EQ(document["retry_after_ms"]["count"], 1);
  EXPECT_EQ(document["error_latency_ms"]["RESOURCE_EXHAUSTED"]["max"], 2);
  EXPECT_EQ(document["stages"][0]["stage"], "backbone");
  EXPECT_EQ(document["histogram_ms"].size(), 3U);
  EXPECT_EQ(document["classes"]["people"]["ok"], 3);
  EXPECT_EQ(document["slowest"][0]["class"], "people");
  EXPECT_EQ(document["slowest"][0]["number"], 7);
  EXPECT_EQ(document["slowest"][0]["timing"]["stages"][0]["queue_ms"], 3);
  EXPECT_EQ(document["lateness_ms"]["count"], 0);
}

TEST(LoadReportTest, TextShowsOutcomesLatenciesAndStages) {
  const std::string text = LoadText(Head(/*open=*/true), Result());
  for (const char* part : {"open loop, poisson", "offered 2.50", "in time 1.00",
                           "1 RESOURCE_EXHAUSTED", "not sent    1", "p99.9", "backbone",
                           "3.00 / 3.00", "1 hints, mean 50.00", "cores, late by"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
  EXPECT_THAT(text, Not(HasSubstr("warning")));
  EXPECT_THAT(LoadText(Head(/*open=*/false), Result()), HasSubstr("closed loop, 8 in flight"));
}

TEST(LoadReportTest, TextWarnsOfALateSender) {
  LoadResult result = Result();
  result.stats.lateness.Record(absl::Milliseconds(12));
  result.stats.late = 1;
  EXPECT_THAT(LoadText(Head(/*open=*/true), result), HasSubstr("warning     1 requests"));
}

std::string Drawn(bool terminal) {
  char text[4096] = {};
  std::FILE* const out = fmemopen(text, sizeof(text), "w");
  LoadProgressView line(out, terminal);
  LoadMoment moment;
  moment.elapsed = absl::Seconds(2);
  moment.sent = 10;
  moment.ok = 6;
  moment.failed = 1;
  moment.total = 20;
  line.Show(moment);
  line.End();
  std::fclose(out);
  return text;
}

TEST(LoadProgressViewTest, DrawsOnTerminalsAlone) {
  EXPECT_THAT(Drawn(true),
              AllOf(HasSubstr("35 %"), HasSubstr("10/20 sent  6 ok  1 failed  3 in flight"),
                    HasSubstr("now 3 ok/s")));
  EXPECT_EQ(Drawn(false), "");
}

}  // namespace
}  // namespace omserve::client

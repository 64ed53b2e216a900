// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/load_run.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "client/load/seeded_draw.h"
#include "tests/unit/client/fake_vision.h"

namespace omserve::client {
namespace {

LoadOptions Closed(const FakeVision& fake) {
  LoadOptions options;
  options.server = fake.address();
  options.in_flight = 4;
  options.requests = 30;
  return options;
}

LoadOptions Open(const FakeVision& fake, double rate, int64_t requests) {
  LoadOptions options;
  options.server = fake.address();
  options.arrivals.emplace();
  options.arrivals->rate = rate;
  options.requests = requests;
  return options;
}

RequestClass Class(const ClassSpec& spec, const std::vector<std::string>& pictures) {
  std::vector<v1::Image> images;
  for (const std::string& picture : pictures) {
    images.emplace_back().set_encoded(picture);
  }
  return *RequestClass::Make(spec, images);
}

std::vector<RequestClass> Pictures(const std::vector<std::string>& pictures) {
  ClassSpec spec;
  spec.name = "all";
  return {Class(spec, pictures)};
}

LoadResult RunToEnd(const LoadOptions& options, std::vector<RequestClass> classes,
                    const LoadWatcher& watch = nullptr) {
  const auto result = RunLoad(options, std::move(classes), watch);
  EXPECT_TRUE(result.ok()) << result.status();
  return result.value_or(LoadResult());
}

// Opens a holding server once so many calls are inside.
class Opener {
 public:
  Opener(FakeVision& fake, int calls)
      : thread_([&fake, calls] {
          EXPECT_TRUE(fake.WaitForCalls(calls));
          fake.Release();
        }) {}
  ~Opener() { thread_.join(); }

 private:
  std::thread thread_;
};

TEST(LoadRunTest, SendsTheRequestsAndDoesNotCountTheWarmUp) {
  FakeVision fake;
  for (const bool open : {false, true}) {
    LoadOptions options = open ? Open(fake, 2000, 30) : Closed(fake);
    options.warmup = 5;
    const int before = fake.calls();
    const LoadResult result = RunToEnd(options, Pictures({"a", "b"}));
    EXPECT_EQ(result.all.ok, 30);
    EXPECT_EQ(result.all.requests, 30);
    EXPECT_EQ(result.all.latency.count(), 30);
    EXPECT_EQ(fake.calls() - before, 35);
    EXPECT_GT(result.requests_per_s, 0);
    EXPECT_GT(result.seconds, 0);
  }
}

TEST(LoadRunTest, ClosedLoopKeepsTheNumberInFlight) {
  FakeVision fake(/*holding=*/true);
  {
    const Opener opener(fake, 4);
    EXPECT_EQ(RunToEnd(Closed(fake), Pictures({"a"})).all.ok, 30);
  }
  EXPECT_EQ(fake.most_at_a_time(), 4);
}

TEST(LoadRunTest, CountsErrorsByCodeAndGoesOn) {
  FakeVision fake;
  const LoadResult result = RunToEnd(Closed(fake), Pictures({"a", "fail:8", "fail:3"}));
  EXPECT_EQ(result.all.ok, 10);
  EXPECT_EQ(result.all.errors.at(absl::StatusCode::kResourceExhausted), 10);
  EXPECT_EQ(result.all.errors.at(absl::StatusCode::kInvalidArgument), 10);
  EXPECT_EQ(result.all.retry_after.count(), 10);
  EXPECT_EQ(result.all.retry_after.mean_ms(), 50);
  EXPECT_EQ(fake.calls(), 30) << "nothing is sent twice";
}

TEST(LoadRunTest, KeepsARecordOfEveryMeasuredRequestIfAsked) {
  FakeVision fake;
  LoadOptions options = Closed(fake);
  options.warmup = 5;
  EXPECT_TRUE(RunToEnd(options, Pictures({"a"})).stats.records.empty());
  options.records = true;
  const LoadResult result = RunToEnd(options, Pictures({"a", "fail:8"}));
  ASSERT_EQ(result.stats.records.size(), 30U);
  int refused = 0;
  for (const RequestRecord& record : result.stats.records) {
    EXPECT_GE(record.number, 5U);
    EXPECT_LE(record.sent, record.ended);
    if (record.code == absl::StatusCode::kOk) continue;
    ++refused;
    EXPECT_EQ(record.code, absl::StatusCode::kResourceExhausted);
    EXPECT_EQ(record.server, absl::Microseconds(1200)) << "from the trailing metadata";
  }
  EXPECT_EQ(refused, 15);
}

TEST(LoadRunTest, EndsWhenTimeIsOver) {
  FakeVision fake;
  LoadOptions options = Closed(fake);
  options.requests = 0;
  options.duration = absl::Milliseconds(30);
  const LoadResult result = RunToEnd(options, Pictures({"a"}));
  EXPECT_GT(result.all.ok, 0);
  EXPECT_GE(result.seconds, 0.03);
  EXPECT_GT(result.steady_requests_per_s, 0);
}

TEST(LoadRunTest, OpenLoopSendsWithoutAnswers) {
  FakeVision fake(/*holding=*/true);
  const Opener opener(fake, 50);  // the server answers nothing before it has all
  const LoadResult result = RunToEnd(Open(fake, 2000, 50), Pictures({"a"}));
  EXPECT_EQ(result.all.ok, 50);
  EXPECT_EQ(fake.most_at_a_time(), 50);
  EXPECT_EQ(result.stats.lateness.count(), 50);
  EXPECT_NEAR(result.offered_per_s, 2000, 1);
}

// Coordinated omission: a closed loop meets a stall with one request for each that it has in
// flight, and reports a good median; whoever comes by schedule meets it with everything due.
TEST(LoadRunTest, StallShowsInEveryRequestThatWasDueInIt) {
  FakeVision fake;
  fake.Stall(absl::Milliseconds(300));
  const LoadResult open = RunToEnd(Open(fake, 1000, 100), Pictures({"a"}));
  EXPECT_EQ(open.all.ok, 100);
  // The last one was due 99 ms after the first one, which is when the stall began at the earliest.
  EXPECT_GE(open.all.latency.min_ms(), 201);
  EXPECT_GE(open.all.latency.mean_ms(), 250);
  EXPECT_GE(open.all.latency.PercentileMs(50), 249);

  fake.Stall(absl::Milliseconds(300));
  LoadOptions options = Closed(fake);
  options.in_flight = 1;
  options.requests = 100;
  const LoadResult closed = RunToEnd(options, Pictures({"a"}));
  EXPECT_GE(closed.all.latency.max_ms(), 300);
  EXPECT_LT(closed.all.latency.PercentileMs(50), open.all.latency.PercentileMs(50));
}

TEST(LoadRunTest, LatencyOfALateSenderCountsFromTheSchedule) {
  FakeVision fake;
  const auto path = std::filesystem::temp_directory_path() / "omserve_load_run_test.txt";
  {
    std::ofstream file(path);
    for (int i = 0; i < 200; ++i) {
      file << "0\n";  // all at once: no sender is on time for the last one
    }
  }
  LoadOptions options = Open(fake, 0, 0);
  options.arrivals = {.kind = Arrivals::Kind::kReplay, .file = path.string()};
  const LoadResult result = RunToEnd(options, Pictures({"a"}));
  std::filesystem::remove(path);
  EXPECT_EQ(result.all.ok, 200);
  EXPECT_GT(result.all.latency.mean_ms(), result.all.sent_latency.mean_ms());
  EXPECT_GT(result.stats.lateness.max_ms(), 0);
  EXPECT_GE(result.all.latency.max_ms(), result.stats.lateness.max_ms());
}

TEST(LoadRunTest, SendsNoMoreThanMayBeInFlight) {
  FakeVision fake(/*holding=*/true);
  LoadOptions options = Open(fake, 10000, 20);
  options.max_in_flight = 5;
  const LoadResult result = RunToEnd(options, Pictures({"a"}), [&fake](const LoadMoment& moment) {
    EXPECT_EQ(moment.total, 20);
    if (moment.not_sent == 15) {
      fake.Release();
    }
  });
  EXPECT_EQ(result.all.requests, 20);
  EXPECT_EQ(result.all.ok, 5);
  EXPECT_EQ(result.all.not_sent, 15);
  EXPECT_EQ(fake.most_at_a_time(), 5);
}

TEST(LoadRunTest, CancelsTheShareThatItIsTold) {
  FakeVision fake(/*holding=*/true);  // whoever is not cancelled meets its deadline
  ClassSpec spec;
  spec.name = "all";
  spec.deadline = absl::Seconds(1);
  spec.cancel = 0.5;
  spec.cancel_within = absl::Milliseconds(2);
  LoadOptions options = Closed(fake);
  options.in_flight = 30;
  options.seed = 5;
  const LoadResult result = RunToEnd(options, {Class(spec, {"a"})});
  int expected = 0;
  for (uint64_t i = 0; i < 30; ++i) {
    expected += SeededDraw(5, DrawFor::kCancel, i) < 0.5 ? 1 : 0;
  }
  EXPECT_GT(expected, 5);
  EXPECT_LT(expected, 25);
  EXPECT_EQ(result.all.cancelled_by_client, expected);
  EXPECT_EQ(
      result.all.errors,
      (std::map<absl::StatusCode, int64_t>{{absl::StatusCode::kDeadlineExceeded, 30 - expected}}));
}

TEST(LoadRunTest, CancelsThatComeTooLateAreNoCancels) {
  FakeVision fake;
  ClassSpec spec;
  spec.name = "all";
  spec.cancel = 1;
  spec.cancel_within = absl::Hours(1);
  const LoadResult result = RunToEnd(Closed(fake), {Class(spec, {"a"})});
  EXPECT_EQ(result.all.cancelled_by_client, 0);
  EXPECT_EQ(result.all.ok, 30);
}

TEST(LoadRunTest, SendsBudgetAndPriority) {
  FakeVision fake;
  ClassSpec spec;
  spec.name = "all";
  spec.budget = absl::Milliseconds(12.5);
  spec.priority = "batch";
  RunToEnd(Closed(fake), {Class(spec, {"a"})});
  auto metadata = fake.last_metadata();
  ASSERT_EQ(metadata.count("omserve-budget-ms"), 1U);
  EXPECT_EQ(metadata.find("omserve-budget-ms")->second, "12.5");
  ASSERT_EQ(metadata.count("omserve-priority"), 1U);
  EXPECT_EQ(metadata.find("omserve-priority")->second, "batch");
  RunToEnd(Closed(fake), Pictures({"a"}));
  metadata = fake.last_metadata();
  EXPECT_EQ(metadata.count("omserve-budget-ms"), 0U);
  EXPECT_EQ(metadata.count("omserve-priority"), 0U);
}

TEST(LoadRunTest, MixesClassesByTheirShares) {
  FakeVision fake;
  ClassSpec detect;
  detect.name = "often";
  detect.share = 3;
  ClassSpec embed;
  embed.name = "seldom";
  embed.method = ClassSpec::Method::kEmbed;
  LoadOptions options = Closed(fake);
  options.requests = 400;
  const auto run = [&] {
    return RunToEnd(options, {Class(detect, {"a"}), Class(embed, {"a", "fail:13"})});
  };
  const LoadResult result = run();
  ASSERT_EQ(result.stats.classes.size(), 2U);
  EXPECT_EQ(result.stats.classes[0].requests + result.stats.classes[1].requests, 400);
  EXPECT_EQ(result.all.requests, 400);
  EXPECT_NEAR(static_cast<double>(result.stats.classes[0].requests), 300, 40);
  EXPECT_TRUE(result.stats.classes[0].errors.empty());
  EXPECT_GT(result.stats.classes[1].errors.at(absl::StatusCode::kInternal), 0);
  EXPECT_EQ(run().stats.classes[0].requests, result.stats.classes[0].requests)
      << "the seed decides";
}

TEST(LoadRunTest, SeveralSendersShareTheRequests) {
  FakeVision fake;
  for (const bool open : {false, true}) {
    LoadOptions options = open ? Open(fake, 4000, 100) : Closed(fake);
    options.requests = 100;
    options.warmup = 7;
    options.senders = 3;
    for (const int channels : {1, 2, 5}) {
      options.channels = channels;
      const int before = fake.calls();
      const LoadResult result = RunToEnd(options, Pictures({"a"}));
      EXPECT_EQ(result.all.ok, 100);
      EXPECT_EQ(fake.calls() - before, 107);
    }
  }
}

TEST(LoadRunTest, JoinsTheStagesAndKeepsTheSlowest) {
  FakeVision fake;
  const LoadResult result = RunToEnd(Closed(fake), Pictures({"a"}));
  ASSERT_EQ(result.all.stages.stages().size(), 1U);
  EXPECT_EQ(result.all.stages.stages()[0].name, "backbone");
  EXPECT_EQ(result.all.stages.stages()[0].execute.count(), 30);
  ASSERT_EQ(result.stats.slowest.answers().size(), 30U);
  std::set<uint64_t> numbers;
  for (const auto& answer : result.stats.slowest.answers()) {
    EXPECT_EQ(answer.timing.stages(0).stage(), "backbone");
    numbers.insert(answer.number);
  }
  EXPECT_EQ(numbers.size(), 30U);
  EXPECT_EQ(absl::ToDoubleMilliseconds(result.stats.slowest.answers()[0].latency),
            result.all.latency.max_ms());
}

TEST(LoadRunTest, RunsAreOverWhenTheyReturn) {
  for (int i = 0; i < 30; ++i) {
    FakeVision fake;
    LoadOptions options = i % 2 == 0 ? Closed(fake) : Open(fake, 10000, 30);
    options.channels = 2;
    EXPECT_EQ(RunToEnd(options, Pictures({"a"})).all.ok, 30);
  }
}

TEST(LoadRunTest, RefusesRunsWithoutClassesEndOrServer) {
  FakeVision fake;
  const auto code = [](const LoadOptions& options, std::vector<RequestClass> classes) {
    return RunLoad(options, std::move(classes)).status().code();
  };
  EXPECT_EQ(code(Closed(fake), {}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(RequestClass::Make(ClassSpec(), {}).status().code(),
            absl::StatusCode::kInvalidArgument);
  LoadOptions endless = Closed(fake);
  endless.requests = 0;
  EXPECT_EQ(code(endless, Pictures({"a"})), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code(Open(fake, 0, 10), Pictures({"a"})), absl::StatusCode::kInvalidArgument);
  LoadOptions lost = Closed(fake);
  lost.server = "127.0.0.1:1";
  EXPECT_EQ(code(lost, Pictures({"a"})), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace omserve::client

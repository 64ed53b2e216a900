// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// Whether what is recorded is the truth, in virtual time: servers whose delay is known, a network
// and a sender that are as slow as it is said here. The same with real ones:
// tests/bench/loadtest.py.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <vector>

#include "client/load/load_plan.h"
#include "client/load/load_progress.h"
#include "client/load/outcome_recorder.h"
#include "tests/bench/loadtest/injected_delay.h"

namespace omserve::client {
namespace {

using bench::InjectedDelay;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr double kRate = 200;
constexpr int kRequests = 4000;  // 20 s, ten stalls
constexpr double kMostError = 0.02;

RequestClass AnyClass() {
  v1::Image picture;
  picture.set_encoded("a");
  ClassSpec spec;
  spec.name = "all";
  return *RequestClass::Make(spec, {picture});
}

LoadPlan PlanOf(int requests) {
  LoadOptions options;
  options.arrivals.emplace().rate = kRate;
  options.requests = requests;
  LoadPlan plan = *MakePlan(options, {AnyClass()});
  plan.begin = LoadTime(milliseconds(1'000'300));
  return plan;
}

// Milliseconds that the values at 'percent' of the sorted list say, by the nearest rank.
double At(const std::vector<double>& sorted, double percent) {
  const double rank = std::ceil(percent / 100 * static_cast<double>(sorted.size()) - 1e-6);
  return sorted[static_cast<size_t>(std::max(1.0, rank)) - 1];
}

struct Case {
  const char* name;
  std::vector<double> percents;
};

// Sends by schedule, but 'late'; every answer comes when it is due, from the scheduled arrival on.
class TruthTest : public ::testing::TestWithParam<Case> {
 protected:
  LoadStats Record(nanoseconds late, std::vector<double>* truth) {
    const LoadPlan plan = PlanOf(kRequests);
    LoadProgress progress(plan);
    OutcomeRecorder recorder(plan, &progress);
    for (uint64_t number = 0; number < kRequests; ++number) {
      const LoadTime due = plan.begin + plan.schedule[number];
      const LoadOrder order = {
          .number = number, .request_class = 0, .scheduled = due, .sent = due + late};
      const nanoseconds answered = delay_.AnswerAt(due.time_since_epoch(), number);
      truth->push_back(
          std::chrono::duration<double, std::milli>(answered - due.time_since_epoch()).count());
      Ending ending;
      ending.ended = LoadTime(answered);
      recorder.Sent(order);
      recorder.Ended(order, ending, std::nullopt);
    }
    std::sort(truth->begin(), truth->end());
    return recorder.Take();
  }

  const InjectedDelay delay_ = *InjectedDelay::Named(GetParam().name);
};

TEST_P(TruthTest, IsRecoveredWithinTwoPercent) {
  std::vector<double> truth;
  const ClassStats stats = Record(nanoseconds(0), &truth).classes[0];
  double sum = 0;
  for (const double value : truth) sum += value;
  const double mean = sum / static_cast<double>(truth.size());
  EXPECT_NEAR(stats.latency.mean_ms(), mean, mean * 1e-6) << "means are exact";
  for (const double percent : GetParam().percents) {
    const double told = stats.latency.PercentileMs(percent);
    EXPECT_NEAR(told, At(truth, percent), At(truth, percent) * kMostError) << "p" << percent;
  }
  EXPECT_DOUBLE_EQ(stats.latency.max_ms(), truth.back());
}

TEST_P(TruthTest, IsNoBetterForALateSender) {
  std::vector<double> truth;
  const LoadStats stats = Record(milliseconds(7), &truth);
  std::vector<double> again;
  const LoadStats prompt = Record(nanoseconds(0), &again);
  EXPECT_EQ(stats.classes[0].latency.mean_ms(), prompt.classes[0].latency.mean_ms());
  EXPECT_NEAR(stats.classes[0].sent_latency.mean_ms(), prompt.classes[0].latency.mean_ms() - 7,
              1e-6)
      << "the time since it was sent hides the delay";
  EXPECT_EQ(stats.late, kRequests) << "which is counted";
}

INSTANTIATE_TEST_SUITE_P(Delays, TruthTest,
                         ::testing::Values(Case{"fixed", {50, 99, 99.9}},
                                           Case{"bimodal", {50, 89, 95, 99, 99.9}},
                                           Case{"stall", {50, 90, 95, 99, 99.9}}),
                         [](const auto& info) { return std::string(info.param.name); });

// What a closed loop with one request in flight sees of the stalls: one slow request each, and a
// p95 that knows nothing of them. That is why figures come from the schedule.
TEST(CoordinatedOmissionTest, ClosedLoopsDoNotSeeAStall) {
  const InjectedDelay delay = *InjectedDelay::Named("stall");
  LatencyHistogram closed;
  nanoseconds now = milliseconds(1'000'300);
  for (uint64_t number = 0; number < 4000; ++number) {
    const nanoseconds answered = delay.AnswerAt(now, number);
    closed.Record(absl::FromChrono(answered - now));
    now = answered;
  }
  std::vector<double> truth;
  const LoadPlan plan = PlanOf(kRequests);
  for (uint64_t number = 0; number < kRequests; ++number) {
    const nanoseconds due = (plan.begin + plan.schedule[number]).time_since_epoch();
    truth.push_back(
        std::chrono::duration<double, std::milli>(delay.AnswerAt(due, number) - due).count());
  }
  std::sort(truth.begin(), truth.end());
  EXPECT_GT(At(truth, 95), 120) << "every twentieth request waits at least 80 ms more";
  EXPECT_LT(closed.PercentileMs(95), 42);
}

}  // namespace
}  // namespace omserve::client

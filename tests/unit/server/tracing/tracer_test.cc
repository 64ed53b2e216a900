// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/tracing/tracer.h"

#include <cmath>
#include <deque>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>

#include "gtest/gtest.h"

namespace omserve {
namespace {

// What a collector got, and what it answers. Thread-safe.
class Collector {
 public:
  absl::Status Take(const std::string& body) {
    MutexLock lock(mutex_);
    bodies_.push_back(body);
    arrived_.NotifyAll();
    while (held_) arrived_.WaitFor(mutex_, absl::Seconds(60));
    if (answers_.empty()) return absl::OkStatus();
    absl::Status answer = std::move(answers_.front());
    answers_.pop_front();
    return answer;
  }
  void Answer(absl::Status status) {
    MutexLock lock(mutex_);
    answers_.push_back(std::move(status));
  }
  void Hold(bool held) {
    MutexLock lock(mutex_);
    held_ = held;
    arrived_.NotifyAll();
  }
  bool WaitBodies(size_t count) {
    MutexLock lock(mutex_);
    for (int i = 0; bodies_.size() < count && i < 600; ++i) {
      arrived_.WaitFor(mutex_, absl::Milliseconds(100));
    }
    return bodies_.size() >= count;
  }
  size_t bodies() {
    MutexLock lock(mutex_);
    return bodies_.size();
  }

 private:
  Mutex mutex_;
  CondVar arrived_;
  std::vector<std::string> bodies_ ABSL_GUARDED_BY(mutex_);
  std::deque<absl::Status> answers_ ABSL_GUARDED_BY(mutex_);
  bool held_ ABSL_GUARDED_BY(mutex_) = false;
};

class ToCollector final : public TraceSink {
 public:
  explicit ToCollector(Collector& collector) : collector_(collector) {}
  absl::Status Send(const std::string& body) override { return collector_.Take(body); }

 private:
  Collector& collector_;
};

class TracerTest : public ::testing::Test {
 protected:
  Tracer& Make(TracerOptions options = {}) {
    options.seed = 7;
    tracer_.emplace(options, metrics_, std::make_unique<ToCollector>(collector_), Clock::Real());
    return *tracer_;
  }
  static TracerOptions Ratio(double ratio) {
    TracerOptions options;
    options.ratio = ratio;
    return options;
  }
  void End(int count = 1) {
    for (int i = 0; i < count; ++i) {
      RequestTrace trace;
      trace.context = {1, 2, 3, true};
      trace.method = "Embed";
      tracer_->End(std::move(trace));
    }
  }

  ServerMetrics server_{BuildInfo()};
  TracingMetrics metrics_ = server_.AddTracing();
  Collector collector_;
  std::optional<Tracer> tracer_;
};

TEST_F(TracerTest, TheCallersDecisionIsKept) {
  Tracer& tracer = Make(Ratio(0.5));
  for (const bool sampled : {true, false}) {
    for (int i = 0; i < 50; ++i) {
      const TraceContext context = tracer.Begin(TraceContext{11, 12, 13, sampled});
      EXPECT_EQ(context.trace_high, 11u);
      EXPECT_EQ(context.trace_low, 12u);
      EXPECT_NE(context.span, 13u);
      EXPECT_NE(context.span, 0u);
      EXPECT_EQ(context.sampled, sampled);
    }
  }
}

TEST_F(TracerTest, WithoutACallerTheRatioDecides) {
  for (const double ratio : {0.0, 0.01, 0.25, 1.0}) {
    Tracer& tracer = Make(Ratio(ratio));
    int sampled = 0;
    std::set<std::string> traces, spans;
    for (int i = 0; i < 20000; ++i) {
      const TraceContext context = tracer.Begin(std::nullopt);
      EXPECT_TRUE(context.valid());
      sampled += context.sampled ? 1 : 0;
      traces.insert(context.TraceId());
      spans.insert(context.SpanId());
    }
    EXPECT_EQ(traces.size(), 20000u);
    EXPECT_EQ(spans.size(), 20000u);
    // Five standard deviations of a binomial; the seed is fixed.
    EXPECT_NEAR(sampled, 20000 * ratio, 5 * std::sqrt(20000 * ratio * (1 - ratio)) + 1e-9);
  }
}

TEST_F(TracerTest, TheSameTraceIsSampledByEveryServer) {
  Tracer& tracer = Make(Ratio(0.5));
  std::vector<TraceContext> first;
  for (int i = 0; i < 100; ++i) first.push_back(tracer.Begin(std::nullopt));
  Tracer& again = Make(Ratio(0.5));
  for (const TraceContext& context : first) {
    EXPECT_EQ(again.Begin(std::nullopt).sampled, context.sampled);
  }
}

TEST_F(TracerTest, ExportsWhatEndedInBatches) {
  TracerOptions options;
  options.batch = 4;
  options.interval = absl::Hours(1);
  Make(options);
  End(3);
  EXPECT_EQ(collector_.bodies(), 0u) << "not a full batch, and the interval is not over";
  End(1);
  ASSERT_TRUE(collector_.WaitBodies(1));
  End(2);
  tracer_->Stop(absl::Seconds(60));
  EXPECT_EQ(collector_.bodies(), 2u) << "the rest at the stop";
  EXPECT_EQ(metrics_.exported->Value(), 6);
  End(1);
  EXPECT_EQ(metrics_.queue_full->Value(), 1) << "after the stop";
}

TEST_F(TracerTest, AFullQueueDropsAndCounts) {
  TracerOptions options;
  options.batch = 2;
  options.queue = 5;
  Make(options);
  collector_.Hold(true);
  End(2);
  ASSERT_TRUE(collector_.WaitBodies(1));  // which keeps the exporter
  End(8);
  EXPECT_EQ(metrics_.queue_full->Value(), 3);
  collector_.Hold(false);
  tracer_->Stop(absl::Seconds(60));
  EXPECT_EQ(metrics_.exported->Value(), 7);
}

TEST_F(TracerTest, WhatTheCollectorRefusesForGoodIsDropped) {
  Make();
  collector_.Answer(absl::InternalError("HTTP status 400"));
  End(3);
  tracer_->Stop(absl::Seconds(60));
  EXPECT_EQ(collector_.bodies(), 1u);
  EXPECT_EQ(metrics_.not_taken->Value(), 3);
  EXPECT_EQ(metrics_.exported->Value(), 0);
}

TEST_F(TracerTest, WhatIsRefusedForNowIsTriedAgain) {
  TracerOptions options;
  options.batch = 1;
  Make(options);
  collector_.Answer(absl::UnavailableError("HTTP status 503"));
  End(1);
  ASSERT_TRUE(collector_.WaitBodies(2));
  tracer_->Stop(absl::Seconds(60));
  EXPECT_EQ(metrics_.exported->Value(), 1);
  EXPECT_EQ(metrics_.not_taken->Value(), 0);
}

TEST_F(TracerTest, AStopWithoutTimeDropsWhatWaits) {
  TracerOptions options;
  options.interval = absl::Hours(1);
  Make(options);
  End(3);
  tracer_->Stop(absl::ZeroDuration());
  EXPECT_EQ(collector_.bodies(), 0u);
  EXPECT_EQ(metrics_.not_taken->Value(), 3);
}

TEST(TracesUrlTest, KnowsWhereACollectorListens) {
  EXPECT_EQ(*TracesUrl("http://collector:4318"), "http://collector:4318/v1/traces");
  EXPECT_EQ(*TracesUrl("https://collector/"), "https://collector/v1/traces");
  EXPECT_EQ(*TracesUrl("http://c:1/own/path"), "http://c:1/own/path");
  for (const char* url : {"", "collector:4318", "http://", "http:///x", "ftp://c", "file:///etc",
                          "http://user:secret@c", "http://a b"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(TracesUrl(url).status())) << url;
  }
}

TEST(OtlpHttpSinkTest, NobodyThereMayBeTriedAgain) {
  auto sink = OtlpHttpSink("http://127.0.0.1:1", absl::Seconds(30));
  ASSERT_TRUE(sink.ok()) << sink.status();
  EXPECT_TRUE(absl::IsUnavailable((*sink)->Send("{}")));
}

}  // namespace
}  // namespace omserve

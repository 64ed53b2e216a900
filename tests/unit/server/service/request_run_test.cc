// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/request_run.h"

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/base/thread.h"
#include "tests/unit/pipelines/graphs/scripted_runner.h"

namespace omserve {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Lane = Executor::Lane;

constexpr auto kNever = std::chrono::system_clock::time_point::max();

// Runs posted work when it is told to. Single-thread.
class ManualExecutor final : public Executor {
 public:
  using Executor::Post;
  void Post(Lane lane, absl::AnyInvocable<void()> work) override {
    lanes.push_back(lane);
    waiting_.push_back(std::move(work));
  }
  bool RunOne() {
    if (waiting_.empty()) return false;
    auto work = std::move(waiting_.front());
    waiting_.pop_front();
    work();
    return true;
  }

  std::vector<Lane> lanes;  // of all posts

 private:
  std::deque<absl::AnyInvocable<void()>> waiting_;
};

// A runner with a door: writes down who comes and goes.
class DoorRunner final : public ScriptedRunner {
 public:
  Admitted Admit(RequestContext& context, int64_t bytes) override {
    inside = true;
    admitted = &context;
    events.push_back("admit");
    admitted_bytes = bytes;
    priority = context.priority();
    stream = context.stream();
    deadline = context.deadline();
    on_admit();
    return answer;
  }
  void Leave(RequestContext& /*context*/, bool completed) override {
    inside = false;
    events.push_back(completed ? "leave completed" : "leave");
  }
  void Cancel(RequestContext& context) override {
    EXPECT_TRUE(inside) << "the request has left, its number may be another one's";
    if (!racing) events.push_back("cancel");
    context.Cancel();
  }
  std::vector<std::string> events;
  int64_t admitted_bytes = -1;
  Priority priority = Priority::kInteractive;
  int64_t stream = -1;
  absl::Time deadline;
  Admitted answer;
  std::function<void()> on_admit = [] {};
  RequestContext* admitted = nullptr;  // the last one
  std::atomic<bool> inside{false};
  bool racing = false;  // Cancel may come on another thread
};

// Keeps what is exported.
class Exports final : public TraceSink {
 public:
  explicit Exports(std::vector<std::string>& bodies) : bodies_(bodies) {}
  absl::Status Send(const std::string& body) override {
    bodies_.push_back(body);
    return absl::OkStatus();
  }

 private:
  std::vector<std::string>& bodies_;
};

class RequestRunTest : public ::testing::Test {
 protected:
  RequestRunTest() {
    InternVitConfig config;
    config.image_size = 8;
    auto runner = std::make_unique<DoorRunner>();
    runner_ = runner.get();
    runner_->before_answer = [this](const std::string&) { runner_->events.push_back("stage"); };
    runner_->answers["internvit"] = [this](const StageCall&) -> absl::StatusOr<StageResult> {
      if (failures_ > 0) {
        --failures_;
        if (device_lost_) runner_->admitted->AskRestart(false);
        return absl::UnavailableError("device 0 is lost");
      }
      StageResult result;
      result.outputs.push_back(OnHost(Constant({1, 3, 2}, 1)));
      result.outputs.push_back(OnHost(Constant({1, 3}, 0)));
      return result;
    };
    auto model = std::shared_ptr<ServedModel>(new ServedModel{"vit",
                                                              "1",
                                                              {},
                                                              {"internvit"},
                                                              *InternVit::Create(config),
                                                              std::move(runner),
                                                              metrics_.AddMethod("vit", "Embed"),
                                                              {}});
    method_ = &model->metrics;
    model_ = model;
    catalog_.Publish(std::move(model));
    v1::RawPixels& raw = *request_.mutable_image()->mutable_raw();
    raw.set_width(10);
    raw.set_height(9);
    raw.set_order(v1::RawPixels::ORDER_RGB);
    raw.set_pixels(std::string(10 * 9 * 3, 'x'));
    clock_.now = absl::FromUnixSeconds(1000);
  }

  RequestRun<EmbedMethod>& Begin(const absl::StatusOr<CallTerms>& terms = CallTerms(),
                                 std::chrono::system_clock::time_point deadline = kNever) {
    run_.emplace(environment_, fallback_, terms, deadline, 7);
    return BeginMade();
  }
  RequestRun<EmbedMethod>& BeginMade() {
    run_->Begin(request_, response_, [this](const absl::Status& status) {
      EXPECT_FALSE(ended_.has_value()) << "a second end";
      ended_ = status;
    });
    return *run_;
  }
  void Finish() {
    while (executor_.RunOne()) runner_->Drain();
  }
  absl::StatusCode EndCode() const {
    return ended_.has_value() ? ended_->code() : absl::StatusCode::kUnknown;
  }
  // The next stages that run fail, or take their device along.
  void Fail(int times, bool device_lost) {
    failures_ = times;
    device_lost_ = device_lost;
  }

  ManualClock clock_;
  ServerMetrics metrics_{BuildInfo()};
  const RequestMetrics fallback_ = metrics_.AddMethod("unknown", "Embed");
  ManualExecutor executor_;
  Admission admission_{2};
  ModelCatalog catalog_;
  std::vector<std::string> lines_;  // of the log
  FailureLog failure_log_{clock_, {}, [this](FailureLog::Severity, const std::string& line) {
                            lines_.push_back(line);
                          }};
  std::vector<std::string> exports_;  // read after the tracer has stopped
  Tracer tracer_{{.ratio = 0, .resource = {}},
                 metrics_.AddTracing(),
                 std::make_unique<Exports>(exports_),
                 clock_};
  const CallEnvironment environment_{catalog_,          executor_,     clock_,  admission_,
                                     absl::Seconds(30), &failure_log_, &tracer_};
  DoorRunner* runner_ = nullptr;
  const RequestMetrics* method_ = nullptr;
  std::shared_ptr<ServedModel> model_;
  int failures_ = 0;
  bool device_lost_ = false;
  v1::EmbedRequest request_;
  v1::EmbedResponse response_;
  std::optional<absl::Status> ended_;
  std::optional<RequestRun<EmbedMethod>> run_;
};

TEST_F(RequestRunTest, KeepsItsVersionUntilItHasEnded) {
  request_.set_version("1");
  Begin();
  catalog_.Withdraw(*model_);
  EXPECT_EQ(model_->users.inside(), 1);
  Finish();
  EXPECT_EQ(EndCode(), absl::StatusCode::kOk) << "it goes on with the version that it found";
  EXPECT_EQ(response_.version(), "1");
  EXPECT_EQ(model_->users.inside(), 0) << "although the answer has not been handed over";
}

TEST_F(RequestRunTest, RefusesAVersionThatIsNotServed) {
  request_.set_version("2");
  Begin();
  EXPECT_EQ(EndCode(), absl::StatusCode::kNotFound);
  EXPECT_EQ(model_->users.inside(), 0);
}

TEST_F(RequestRunTest, AsksAtTheDoorBeforeTheHostWorks) {
  CallTerms terms;
  terms.priority = Priority::kBatch;
  terms.budget = absl::Seconds(2);
  Begin(terms, absl::ToChronoTime(clock_.now + absl::Seconds(5)));
  EXPECT_THAT(runner_->events, ElementsAre("admit"));
  EXPECT_EQ(runner_->admitted_bytes, 270);
  EXPECT_EQ(runner_->priority, Priority::kBatch);
  EXPECT_EQ(runner_->stream, 7);
  EXPECT_EQ(runner_->deadline, clock_.now + absl::Seconds(2));
  EXPECT_THAT(executor_.lanes, ElementsAre(Lane::kNew));
  EXPECT_EQ(method_->inflight->Value(), 1);
  Finish();
  EXPECT_EQ(EndCode(), absl::StatusCode::kOk);
  EXPECT_THAT(runner_->events, ElementsAre("admit", "stage", "leave completed"));
  EXPECT_EQ(response_.model(), "vit");
  run_.reset();
  EXPECT_EQ(method_->inflight->Value(), 0);
  EXPECT_EQ(admission_.inflight(), 0);
}

TEST_F(RequestRunTest, EncodedPicturesCountWithTheirPixels) {
  // A header of 100 x 50 pixels.
  request_.mutable_image()->set_encoded(
      std::string("\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x64\0\0\0\x32", 24));
  Begin();
  EXPECT_EQ(runner_->admitted_bytes, 24 + 100 * 50 * 3);
  Finish();
  EXPECT_EQ(EndCode(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(runner_->events, ElementsAre("admit", "leave"));
}

TEST_F(RequestRunTest, ARefusedRequestEndsAtOnceAndDoesNotLeave) {
  runner_->answer = {absl::ResourceExhaustedError("could not end in time"),
                     absl::Milliseconds(120)};
  EXPECT_EQ(Begin().retry_after(), absl::Milliseconds(120));
  EXPECT_EQ(EndCode(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(executor_.lanes.empty());
  EXPECT_THAT(runner_->events, ElementsAre("admit"));
  EXPECT_EQ(method_->requests[8]->Value(), 1);
}

TEST_F(RequestRunTest, NonsenseInTheMetadataAndLateRequestsNeverReachTheRunner) {
  Begin(absl::InvalidArgumentError("omserve-priority: 'x'"));
  EXPECT_EQ(EndCode(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(method_->requests[3]->Value(), 1) << "counted with the model";
  ended_.reset();
  Begin(CallTerms(), absl::ToChronoTime(clock_.now - absl::Seconds(1)));
  EXPECT_EQ(EndCode(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(runner_->events.empty());
}

TEST_F(RequestRunTest, RunsAgainWhenItsDeviceIsLost) {
  Fail(2, true);
  // As a pipeline does with a frame that is worth finishing.
  runner_->before_answer = [this](const std::string&) {
    runner_->events.push_back("stage");
    runner_->admitted->set_stream(0);
  };
  Begin();
  Finish();
  EXPECT_EQ(EndCode(), absl::StatusCode::kOk);
  EXPECT_THAT(runner_->events, ElementsAre("admit", "stage", "stage", "stage", "leave completed"));
  EXPECT_THAT(executor_.lanes, ElementsAre(Lane::kNew, Lane::kContinue, Lane::kContinue));
  EXPECT_EQ(method_->restarts->Value(), 2);
  EXPECT_THAT(runner_->streams, ElementsAre(7, 7, 7));
}

TEST_F(RequestRunTest, RunsAgainTwiceAtMost) {
  Fail(3, true);
  Begin();
  Finish();
  EXPECT_EQ(EndCode(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(runner_->events, ElementsAre("admit", "stage", "stage", "stage", "leave"));
}

TEST_F(RequestRunTest, RunsAgainOnlyWhenItIsAskedForAndThereIsTime) {
  Fail(1, false);
  Begin();
  Finish();
  EXPECT_EQ(EndCode(), absl::StatusCode::kUnavailable);
  ended_.reset();
  Fail(1, true);
  Begin();
  executor_.RunOne();
  clock_.now += absl::Seconds(31);
  runner_->Drain();
  EXPECT_EQ(EndCode(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(method_->restarts->Value(), 0);
}

TEST_F(RequestRunTest, RunsAgainWhenItGaveWayAndIsStillWanted) {
  const auto good = runner_->answers["internvit"];
  for (const bool wanted : {true, false}) {
    ended_.reset();
    int calls = 0;
    runner_->answers["internvit"] = [&](const StageCall& call) -> absl::StatusOr<StageResult> {
      if (++calls == 1) return absl::AbortedError("a newer frame came");
      return good(call);
    };
    run_.emplace(environment_, fallback_, CallTerms(), kNever, 7);
    run_->SetStillWanted([wanted] { return wanted; });
    BeginMade();
    Finish();
    EXPECT_EQ(EndCode(), wanted ? absl::StatusCode::kOk : absl::StatusCode::kAborted);
    EXPECT_EQ(calls, wanted ? 2 : 1);
  }
  EXPECT_EQ(method_->restarts->Value(), 0) << "no device was lost";
  EXPECT_EQ(method_->failures[static_cast<size_t>(FailureReason::kSuperseded)]->Value(), 1);
}

TEST_F(RequestRunTest, ACancelBeforeItBeginsEndsIt) {
  run_.emplace(environment_, fallback_, CallTerms(), kNever);
  run_->Cancel();
  BeginMade();
  EXPECT_EQ(EndCode(), absl::StatusCode::kCancelled);
  EXPECT_TRUE(runner_->events.empty());
}

TEST_F(RequestRunTest, ACancelAtTheDoorIsNotLost) {
  runner_->on_admit = [this] { run_->Cancel(); };
  Begin();
  EXPECT_EQ(EndCode(), absl::StatusCode::kCancelled);
  EXPECT_THAT(runner_->events, ElementsAre("admit", "leave"));
}

TEST_F(RequestRunTest, ACancelAtWorkReachesTheRunner) {
  Begin();
  executor_.RunOne();
  run_->Cancel();
  EXPECT_THAT(runner_->events, ElementsAre("admit", "cancel"));
  runner_->answers["internvit"] = [](const StageCall&) -> absl::StatusOr<StageResult> {
    return absl::CancelledError("the caller has gone");
  };
  runner_->Drain();
  EXPECT_EQ(EndCode(), absl::StatusCode::kCancelled);
  EXPECT_EQ(runner_->events.back(), "leave");
}

TEST_F(RequestRunTest, ACancelAfterTheEndDoesNothing) {
  Begin();
  Finish();
  run_->Cancel();
  EXPECT_EQ(runner_->events.back(), "leave completed");
}

TEST_F(RequestRunTest, ACancelNeverReachesTheRunnerAfterTheRequestHasLeft) {
  runner_->racing = true;
  for (int i = 0; i < 300; ++i) {
    ended_.reset();
    run_.emplace(environment_, fallback_, CallTerms(), kNever, 7);
    Thread canceller("canceller", [this] { run_->Cancel(); });
    BeginMade();
    Finish();
    canceller.Join();
    EXPECT_TRUE(ended_.has_value());
    EXPECT_FALSE(runner_->inside) << "it left";
  }
}

TEST_F(RequestRunTest, AFailureIsLoggedWithItsIdsOnce) {
  request_.set_request_id("r17");
  CallTerms terms;
  terms.parent = TraceContext{1, 2, 3, false};
  Fail(1, false);
  Begin(terms);
  Finish();
  ASSERT_EQ(lines_.size(), 1u);
  EXPECT_THAT(lines_[0], HasSubstr("code=UNAVAILABLE reason=device_error method=Embed model=vit "
                                   "version=1 request_id=r17 "
                                   "trace_id=00000000000000010000000000000002 "));
  EXPECT_THAT(lines_[0], HasSubstr(" preprocess=(host_ms="));
  lines_.clear();
  ended_.reset();
  Begin();
  Finish();
  EXPECT_EQ(EndCode(), absl::StatusCode::kOk);
  EXPECT_TRUE(lines_.empty());
}

TEST_F(RequestRunTest, ASampledRequestIsExportedAndAnswersItsSpan) {
  CallTerms terms;
  terms.parent = TraceContext{1, 2, 3, true};
  Begin(terms);
  Finish();
  const std::optional<TraceContext> own = run_->trace();
  ASSERT_TRUE(own.has_value());
  EXPECT_EQ(own->TraceId(), terms.parent->TraceId());
  EXPECT_NE(own->span, 3u);
  tracer_.Stop(absl::Seconds(60));
  ASSERT_EQ(exports_.size(), 1u);
  EXPECT_THAT(exports_[0], HasSubstr(own->SpanId()));
  EXPECT_THAT(exports_[0], HasSubstr("\"parentSpanId\":\"0000000000000003\""));
  EXPECT_THAT(exports_[0], HasSubstr("\"name\":\"preprocess\""));
}

TEST_F(RequestRunTest, ARequestThatIsNotSampledIsNotExported) {
  CallTerms terms;
  terms.parent = TraceContext{1, 2, 3, false};
  Begin(terms);
  Finish();
  EXPECT_TRUE(run_->trace().has_value()) << "the caller may want to know";
  ended_.reset();
  Begin();
  Finish();
  EXPECT_FALSE(run_->trace().has_value());
  tracer_.Stop(absl::Seconds(60));
  EXPECT_TRUE(exports_.empty());
}

TEST_F(RequestRunTest, ACancelAtTheDeadlineIsTheDeadline) {
  Begin();
  clock_.now += absl::Seconds(30);
  run_->Cancel();
  Finish();
  EXPECT_EQ(EndCode(), absl::StatusCode::kDeadlineExceeded);
}

}  // namespace
}  // namespace omserve

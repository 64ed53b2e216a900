// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// Deadlines, cancellation, the limit of requests at work and the orderly stop, on devices that
// take a known time.
#include <grpcpp/client_context.h>
#include <signal.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "omserve/v1/vision.grpc.pb.h"
#include "pipelines/base/mutex.h"
#include "tests/integration/probes.h"
#include "tests/integration/server_process.h"
#include "tests/integration/test_pictures.h"

namespace omserve {
namespace {

using ::testing::HasSubstr;

// One Detect that runs beside the test. Thread-safe.
class Call {
 public:
  Call(v1::Vision::Stub& stub, std::chrono::milliseconds deadline) {
    request_.mutable_image()->set_encoded(SampleScene(1));
    context_.set_deadline(std::chrono::system_clock::now() + deadline);
    stub.async()->Detect(&context_, &request_, &response_, [this](const grpc::Status& status) {
      MutexLock lock(mutex_);
      status_ = status;
      ended_ = true;
      done_.NotifyAll();
    });
  }
  ~Call() { Wait(); }

  void Cancel() { context_.TryCancel(); }
  grpc::Status Wait() {
    MutexLock lock(mutex_);
    while (!ended_) done_.WaitFor(mutex_, absl::Seconds(1));
    return status_;
  }
  // After Wait.
  std::string Trailer(const std::string& key) const {
    const auto& all = context_.GetServerTrailingMetadata();
    const auto found = all.find(key);
    return found == all.end() ? "" : std::string(found->second.data(), found->second.size());
  }

 private:
  grpc::ClientContext context_;
  v1::DetectRequest request_;
  v1::DetectResponse response_;
  Mutex mutex_;
  CondVar done_;
  grpc::Status status_ ABSL_GUARDED_BY(mutex_);
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

constexpr std::chrono::milliseconds kLong{60'000};

ServerSetup Slow(int milliseconds, const std::string& limits = "") {
  ServerSetup setup;
  setup.profile = R"({"models": {"backbone": {"default": )" + std::to_string(milliseconds) + "}}}";
  setup.limits = limits;
  return setup;
}

// The number of a line of the metrics that begins with 'series'.
double Metric(const ServerProcess& server, const std::string& series) {
  const std::string text = Scrape(server.metrics_port());
  const size_t at = text.find("\n" + series);
  return at == std::string::npos ? -1 : std::stod(text.substr(text.find(' ', at)));
}

constexpr char kInflight[] = "omserve_inflight_requests{model=\"vitdet\"}";

bool WaitInflight(const ServerProcess& server, double count) {
  for (int i = 0; i < 2000; ++i) {
    if (Metric(server, kInflight) == count) return true;
    absl::SleepFor(absl::Milliseconds(5));
  }
  return false;
}

TEST(LoadAndStopTest, EndsLateRequestsAndGoesOn) {
  ServerProcess server(Slow(400));
  ASSERT_TRUE(server.WaitReady()) << server.log();
  const auto stub = v1::Vision::NewStub(server.channel());
  EXPECT_EQ(Call(*stub, std::chrono::milliseconds(150)).Wait().error_code(),
            grpc::StatusCode::DEADLINE_EXCEEDED);
  ASSERT_TRUE(WaitInflight(server, 0));
  EXPECT_EQ(Metric(server,
                   "omserve_requests_total{code=\"DEADLINE_EXCEEDED\",method=\"Detect\","
                   "model=\"vitdet\"}"),
            1);
  EXPECT_TRUE(Call(*stub, kLong).Wait().ok());
}

TEST(LoadAndStopTest, TheBudgetInTheMetadataIsShorterThanTheDeadline) {
  ServerProcess server(Slow(400));
  ASSERT_TRUE(server.WaitReady()) << server.log();
  const auto stub = v1::Vision::NewStub(server.channel());
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kLong);
  context.AddMetadata("omserve-budget-ms", "60");
  v1::DetectRequest request;
  request.mutable_image()->set_encoded(SampleScene(1));
  v1::DetectResponse response;
  const grpc::Status status = stub->Detect(&context, request, &response);
  // The second when the server foresees it.
  EXPECT_THAT(status.error_code(), ::testing::AnyOf(grpc::StatusCode::DEADLINE_EXCEEDED,
                                                    grpc::StatusCode::RESOURCE_EXHAUSTED));
  const auto& trailers = context.GetServerTrailingMetadata();
  const auto elapsed = trailers.find("elapsed-us");
  ASSERT_NE(elapsed, trailers.end()) << "a failure tells how long the server had it";
  EXPECT_GT(std::stoll(std::string(elapsed->second.data(), elapsed->second.size())), 0);
  EXPECT_TRUE(Call(*stub, kLong).Wait().ok());
}

TEST(LoadAndStopTest, EndsCancelledRequestsAndGoesOn) {
  ServerProcess server(Slow(400));
  ASSERT_TRUE(server.WaitReady()) << server.log();
  const auto stub = v1::Vision::NewStub(server.channel());
  {
    Call call(*stub, kLong);
    ASSERT_TRUE(WaitInflight(server, 1));
    call.Cancel();
    EXPECT_EQ(call.Wait().error_code(), grpc::StatusCode::CANCELLED);
  }
  ASSERT_TRUE(WaitInflight(server, 0));
  EXPECT_EQ(Metric(server, "omserve_request_failures_total{model=\"vitdet\",reason=\"cancelled\"}"),
            1);
  EXPECT_TRUE(Call(*stub, kLong).Wait().ok());
}

TEST(LoadAndStopTest, RefusesAboveTheLimitWithAHint) {
  ServerProcess server(Slow(600, "max_inflight_requests: 2"));
  ASSERT_TRUE(server.WaitReady()) << server.log();
  const auto stub = v1::Vision::NewStub(server.channel());
  Call first(*stub, kLong);
  Call second(*stub, kLong);
  ASSERT_TRUE(WaitInflight(server, 2));
  Call third(*stub, kLong);
  const grpc::Status refused = third.Wait();
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(refused.error_message(), HasSubstr("limit 2"));
  EXPECT_EQ(third.Trailer("retry-after-ms"), "50");
  EXPECT_THAT(refused.error_details(), HasSubstr("type.googleapis.com/google.rpc.RetryInfo"));
  EXPECT_TRUE(first.Wait().ok());
  EXPECT_TRUE(second.Wait().ok());
}

TEST(LoadAndStopTest, DrainsAndLeavesWithZero) {
  ServerProcess server(Slow(1500));
  ASSERT_TRUE(server.WaitReady()) << server.log();
  const auto stub = v1::Vision::NewStub(server.channel());
  Call inside(*stub, kLong);
  ASSERT_TRUE(WaitInflight(server, 1));
  server.Signal(SIGTERM);
  const auto health = server.health_channel();
  for (int i = 0; i < 200 && HealthOf(health, "") == "SERVING"; ++i) {
    absl::SleepFor(absl::Milliseconds(5));
  }
  EXPECT_EQ(HealthOf(health, ""), "NOT_SERVING");
  EXPECT_EQ(HealthOf(health, "vitdet"), "NOT_SERVING");
  EXPECT_EQ(HealthOf(health, "liveness"), "SERVING");
  // For a moment more it takes what comes, as nobody may have heard of it yet; from then on
  // nothing.
  std::vector<std::unique_ptr<Call>> later;
  for (int i = 0; i < 20; ++i) {
    later.push_back(std::make_unique<Call>(*stub, kLong));
    absl::SleepFor(absl::Milliseconds(50));
  }
  bool refused = false;
  for (const auto& call : later) {
    const grpc::Status status = call->Wait();
    EXPECT_EQ(status.error_code(),
              refused || !status.ok() ? grpc::StatusCode::UNAVAILABLE : grpc::StatusCode::OK)
        << status.error_message();
    refused = refused || !status.ok();
  }
  EXPECT_TRUE(refused);
  EXPECT_TRUE(inside.Wait().ok()) << "a request at work is finished";
  EXPECT_EQ(server.WaitExit(), 0) << server.log();
}

TEST(LoadAndStopTest, CancelsWhatOutlivesTheDrain) {
  ServerProcess server(Slow(3000, "drain_ms: 100"));
  ASSERT_TRUE(server.WaitReady()) << server.log();
  const auto stub = v1::Vision::NewStub(server.channel());
  Call inside(*stub, kLong);
  ASSERT_TRUE(WaitInflight(server, 1));
  server.Signal(SIGTERM);
  EXPECT_FALSE(inside.Wait().ok());
  EXPECT_EQ(server.WaitExit(), 1);
  EXPECT_THAT(server.log(), HasSubstr("1 requests were cancelled at the drain deadline"));
}

}  // namespace
}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// What the server does when its devices are lost.
#include <grpcpp/client_context.h>
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "omserve/v1/vision.grpc.pb.h"
#include "tests/integration/probes.h"
#include "tests/integration/server_process.h"

namespace omserve {
namespace {

using ::testing::HasSubstr;

// InternViT on two devices, each of which is lost some executions after the start.
class DeviceLossTest : public ::testing::Test {
 protected:
  DeviceLossTest() {
    const std::filesystem::path models = folder_.path() / "models";
    std::filesystem::create_directory(models);
    std::filesystem::copy(TestModels() / "internvit", models / "internvit");
    setup_.model_dir = models.string();
    setup_.environment["HOSTACL_FAULTS"] = folder_.Write(
        "faults.json", R"({"rules": [{"task": "execute", "nth": 120, "lost": true}]})");
  }

  static grpc::Status Embed(v1::Vision::Stub& stub) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    v1::EmbedRequest request;
    v1::RawPixels& raw = *request.mutable_image()->mutable_raw();
    raw.set_width(16);
    raw.set_height(16);
    raw.set_order(v1::RawPixels::ORDER_RGB);
    raw.set_pixels(std::string(16 * 16 * 3, 'x'));
    v1::EmbedResponse response;
    return stub.Embed(&context, request, &response);
  }
  // Sends requests until there is no device for one.
  static grpc::Status EmbedUntilLost(v1::Vision::Stub& stub, int* answered) {
    grpc::Status status;
    // The first device's loss may cost the requests that it has.
    for (int i = 0, failed = 0; i < 1000 && failed < 5; ++i) {
      status = Embed(stub);
      if (status.ok()) ++*answered;
      failed = status.ok() ? 0 : failed + 1;
    }
    return status;
  }

  // Before the server, which must not outlive it.
  TemporaryFolder folder_;
  ServerSetup setup_;
};

TEST_F(DeviceLossTest, LeavesWithThreeToBeStartedAgain) {
  ServerProcess server(setup_);
  ASSERT_TRUE(server.WaitReady()) << server.log();
  const auto stub = v1::Vision::NewStub(server.channel());
  int answered = 0;
  const grpc::Status status = EmbedUntilLost(*stub, &answered);
  EXPECT_GT(answered, 20) << "the first device's loss alone does not end the service";
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE) << status.error_message();
  EXPECT_EQ(server.WaitExit(), 3) << server.log();
  EXPECT_THAT(server.log(), HasSubstr("every device is lost; leaving with exit code 3"));
}

TEST_F(DeviceLossTest, StaysWithoutBeingReadyWhenItIsToldTo) {
  setup_.more = "without_device: WITHOUT_DEVICE_STAY";
  ServerProcess server(setup_);
  ASSERT_TRUE(server.WaitReady()) << server.log();
  const auto stub = v1::Vision::NewStub(server.channel());
  int answered = 0;
  EmbedUntilLost(*stub, &answered);
  const auto health = server.health_channel();
  for (int i = 0; i < 2000 && HealthOf(health, "") == "SERVING"; ++i) {
    absl::SleepFor(absl::Milliseconds(5));
  }
  EXPECT_EQ(HealthOf(health, ""), "NOT_SERVING");
  EXPECT_EQ(HealthOf(health, "internvit"), "NOT_SERVING");
  EXPECT_EQ(HealthOf(health, "liveness"), "SERVING");
  const grpc::Status status = Embed(*stub);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(status.error_message(), HasSubstr("device"));
  server.Signal(SIGTERM);
  EXPECT_EQ(server.WaitExit(), 0) << server.log();
}

TEST_F(DeviceLossTest, ResetsADeviceAndUsesItAgainWhenItIsToldTo) {
  setup_.environment["HOSTACL_FAULTS"] = folder_.Write(
      "once.json", R"({"rules": [{"task": "execute", "nth": 120, "error": 507015}]})");
  setup_.devices = "0";
  setup_.more = "scheduling { recovery: RESET }";
  ServerProcess server(setup_);
  ASSERT_TRUE(server.WaitReady()) << server.log();
  const auto stub = v1::Vision::NewStub(server.channel());
  grpc::Status status;
  for (int i = 0; i < 1000 && status.ok(); ++i) status = Embed(*stub);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE) << status.error_message();
  const std::string recovered = "recoveries_total{device=\"0\",result=\"recovered\"} 1";
  for (int i = 0; i < 2000 && Scrape(server.metrics_port()).find(recovered) == std::string::npos;
       ++i) {
    absl::SleepFor(absl::Milliseconds(5));
  }
  EXPECT_THAT(Scrape(server.metrics_port()), HasSubstr(recovered));
  const auto health = server.health_channel();
  for (int i = 0; i < 2000 && HealthOf(health, "") != "SERVING"; ++i) {
    absl::SleepFor(absl::Milliseconds(5));
  }
  EXPECT_EQ(HealthOf(health, "internvit"), "SERVING");
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(Embed(*stub).ok());
  server.Signal(SIGTERM);
  EXPECT_EQ(server.WaitExit(), 0) << server.log();
  EXPECT_THAT(server.log(), HasSubstr("device 0: works again"));
}

}  // namespace
}  // namespace omserve

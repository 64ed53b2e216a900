// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include <grpcpp/client_context.h>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "omserve/v1/vision.grpc.pb.h"
#include "server/base/thread.h"
#include "tests/integration/probes.h"
#include "tests/integration/server_process.h"
#include "tests/integration/test_pictures.h"

namespace omserve {
namespace {

using ::testing::HasSubstr;

class ServingTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    server_ = new ServerProcess({});
    ASSERT_TRUE(server_->WaitReady()) << server_->log();
    stub_ = v1::Vision::NewStub(server_->channel()).release();
  }
  static void TearDownTestSuite() {
    delete stub_;
    delete server_;
  }

  static v1::DetectResponse Detect(int scene) {
    v1::DetectRequest request;
    request.mutable_image()->set_encoded(SampleScene(scene));
    request.set_request_id("scene");
    grpc::ClientContext context;
    v1::DetectResponse response;
    const grpc::Status status = stub_->Detect(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }

  static ServerProcess* server_;
  static v1::Vision::Stub* stub_;
};
ServerProcess* ServingTest::server_ = nullptr;
v1::Vision::Stub* ServingTest::stub_ = nullptr;

// Equal but for the last bits of floats, which may differ with the size of the batch.
void ExpectSame(const v1::DetectResponse& a, const v1::DetectResponse& b) {
  ASSERT_EQ(a.detections_size(), b.detections_size());
  for (int i = 0; i < a.detections_size(); ++i) {
    EXPECT_EQ(a.detections(i).label(), b.detections(i).label());
    EXPECT_NEAR(a.detections(i).score(), b.detections(i).score(), 1e-3);
    EXPECT_NEAR(a.detections(i).box().x1(), b.detections(i).box().x1(), 0.5);
    EXPECT_NEAR(a.detections(i).box().y2(), b.detections(i).box().y2(), 0.5);
  }
}

TEST_F(ServingTest, DetectsWithMasksNamesAndTimes) {
  const v1::DetectResponse response = Detect(1);
  EXPECT_EQ(response.model(), "vitdet");
  EXPECT_EQ(response.request_id(), "scene");
  ASSERT_GT(response.detections_size(), 0);
  const v1::Detection& best = response.detections(0);
  EXPECT_GE(best.score(), 0.3F);
  EXPECT_FALSE(best.label_name().empty());
  EXPECT_EQ(best.mask().rle().width(), response.image_width());
  EXPECT_FALSE(best.mask().rle().counts().empty());
  std::vector<std::string> stages;
  for (const v1::StageTiming& stage : response.timing().stages()) stages.push_back(stage.stage());
  EXPECT_THAT(stages, ::testing::IsSupersetOf({"backbone", "rpn", "roi_bbox", "roi_mask"}));
  EXPECT_GT(response.timing().received().seconds(), 0);
  EXPECT_GE(response.timing().sent().seconds(), response.timing().received().seconds());
}

TEST_F(ServingTest, ThirtyTwoAtOnceAgreeWithOneByOne) {
  std::vector<v1::DetectResponse> alone;
  for (int scene = 1; scene <= 4; ++scene) alone.push_back(Detect(scene));
  std::vector<v1::DetectResponse> together(32);
  {
    std::vector<Thread> threads;
    for (size_t i = 0; i < together.size(); ++i) {
      threads.emplace_back("client",
                           [&together, i] { together[i] = Detect(static_cast<int>(i % 4) + 1); });
    }
  }
  for (size_t i = 0; i < together.size(); ++i) ExpectSame(alone[i % 4], together[i]);
}

TEST_F(ServingTest, EmbedsWithTheBestClasses) {
  v1::EmbedRequest request;
  request.mutable_image()->set_encoded(ReadFile("models/samples/garment_1.png"));
  request.set_top_k(3);
  grpc::ClientContext context;
  v1::EmbedResponse response;
  const grpc::Status status = stub_->Embed(&context, request, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_EQ(response.shape_size(), 1);
  EXPECT_EQ(response.shape(0), response.features_size());
  ASSERT_EQ(response.top_size(), 3);
  EXPECT_GE(response.top(0).score(), response.top(1).score());
  EXPECT_FALSE(response.top(0).label_name().empty());
}

TEST_F(ServingTest, ListsItsModels) {
  grpc::ClientContext context;
  v1::ListModelsResponse response;
  ASSERT_TRUE(stub_->ListModels(&context, {}, &response).ok());
  ASSERT_EQ(response.models_size(), 2);
  EXPECT_EQ(response.models(0).name(), "internvit");
  EXPECT_EQ(response.models(1).name(), "vitdet");
  EXPECT_EQ(response.models(1).labels_size(), 10);
  EXPECT_EQ(response.models(1).stages_size(), 4);
  EXPECT_TRUE(response.models(1).ready());
}

TEST_F(ServingTest, IsHealthyOnBothListeners) {
  for (const auto& channel : {server_->channel(), server_->health_channel()}) {
    for (const std::string name :
         {"", "readiness", "liveness", "omserve.v1.Vision", "vitdet", "internvit"}) {
      EXPECT_EQ(HealthOf(channel, name), "SERVING") << name;
    }
    EXPECT_EQ(HealthOf(channel, "yolo"), std::to_string(grpc::StatusCode::NOT_FOUND));
  }
}

TEST_F(ServingTest, ServesNothingButHealthOnTheHealthListener) {
  const auto stub = v1::Vision::NewStub(server_->health_channel());
  grpc::ClientContext context;
  v1::ListModelsResponse response;
  EXPECT_EQ(stub->ListModels(&context, {}, &response).error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
}

TEST_F(ServingTest, ReflectsItsServices) {
  const std::string services = ReflectedServices(server_->channel());
  EXPECT_THAT(services, HasSubstr("omserve.v1.Vision"));
  EXPECT_THAT(services, HasSubstr("grpc.health.v1.Health"));
  const std::pair<const char*, const char*> messages[] = {
      {"omserve.v1.Vision", "DetectRequest"},
      {"inference.GRPCInferenceService", "ModelInferRequest"},
      {"grpc.health.v1.Health", "HealthCheckRequest"}};
  for (const auto& [service, message] : messages) {  // what a shell's client asks before it calls
    EXPECT_THAT(ReflectedFile(server_->channel(), service), HasSubstr(message)) << service;
  }
}

TEST_F(ServingTest, CountsWhatItDoes) {
  Detect(1);
  const std::string text = Scrape(server_->metrics_port());
  EXPECT_THAT(text, HasSubstr("200 OK"));
  for (const char* part :
       {"omserve_build_info{", "omserve_requests_total{code=\"OK\",method=\"Detect\"",
        "omserve_request_duration_seconds_bucket{", "omserve_stage_duration_seconds_bucket{",
        "omserve_batches_total{", "omserve_device_busy_seconds_total{device=\"1\"}",
        "omserve_device_memory_used_bytes{device=\"0\"}", "omserve_model_ready{",
        "process_cpu_seconds_total", "process_open_fds"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
}

}  // namespace
}  // namespace omserve

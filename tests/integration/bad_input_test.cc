// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// Every kind of bad input has its status and its text, and the server goes on serving.
#include <grpcpp/client_context.h>

#include <chrono>
#include <cmath>
#include <functional>
#include <limits>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "omserve/v1/vision.grpc.pb.h"
#include "tests/integration/server_process.h"
#include "tests/integration/test_pictures.h"

namespace omserve {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class BadInputTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    ServerSetup setup;
    setup.limits = "max_message_mib: 4";
    server_ = new ServerProcess(setup);
    ASSERT_TRUE(server_->WaitReady()) << server_->log();
    stub_ = v1::Vision::NewStub(server_->channel()).release();
  }
  static void TearDownTestSuite() {
    delete stub_;
    delete server_;
  }

  static grpc::Status Detect(const v1::DetectRequest& request,
                             v1::DetectResponse* response = nullptr) {
    grpc::ClientContext context;
    v1::DetectResponse unused;
    return stub_->Detect(&context, request, response == nullptr ? &unused : response);
  }
  static grpc::Status Embed(const v1::EmbedRequest& request) {
    grpc::ClientContext context;
    v1::EmbedResponse response;
    return stub_->Embed(&context, request, &response);
  }
  static v1::DetectRequest Good() {
    v1::DetectRequest request;
    request.set_model("vitdet");
    request.mutable_image()->set_encoded(SampleScene(1));
    return request;
  }
  static void ExpectServing() {
    const grpc::Status status = Detect(Good());
    EXPECT_TRUE(status.ok()) << status.error_message();
  }
  static void Expect(const v1::DetectRequest& request, grpc::StatusCode code,
                     const std::string& text) {
    const grpc::Status status = Detect(request);
    EXPECT_EQ(status.error_code(), code) << status.error_message();
    EXPECT_THAT(status.error_message(), HasSubstr(text));
    EXPECT_THAT(status.error_message(), Not(HasSubstr("/"))) << "an inner path";
    ExpectServing();
  }
  static void ExpectImage(const std::string& bytes, const std::string& text) {
    v1::DetectRequest request = Good();
    request.mutable_image()->set_encoded(bytes);
    Expect(request, grpc::StatusCode::INVALID_ARGUMENT, text);
  }

  static ServerProcess* server_;
  static v1::Vision::Stub* stub_;
};
ServerProcess* BadInputTest::server_ = nullptr;
v1::Vision::Stub* BadInputTest::stub_ = nullptr;

TEST_F(BadInputTest, MissingImage) {
  v1::DetectRequest request = Good();
  request.clear_image();
  Expect(request, grpc::StatusCode::INVALID_ARGUMENT, "image: is missing");
}

TEST_F(BadInputTest, EmptyImage) { ExpectImage("", "image.encoded: is empty"); }
TEST_F(BadInputTest, NotAPicture) { ExpectImage(std::string(4000, 'x'), "image"); }
TEST_F(BadInputTest, MagicAlone) { ExpectImage("\xff\xd8\xff", "image"); }
TEST_F(BadInputTest, TruncatedJpeg) {
  ExpectImage(SampleScene(1).substr(0, SampleScene(1).size() / 3), "image");
}
TEST_F(BadInputTest, TruncatedPng) {
  const std::string png = MakePng(64, 64, PngKind::kRgb);
  ExpectImage(png.substr(0, png.size() / 2), "image");
}
TEST_F(BadInputTest, CorruptPng) {
  std::string png = MakePng(64, 64, PngKind::kRgb);
  for (size_t i = png.size() / 2; i < png.size() / 2 + 16; ++i) png[i] = static_cast<char>(~png[i]);
  ExpectImage(png, "image");
}
TEST_F(BadInputTest, HugeHeader) { ExpectImage(PngHeaderOnly(30000, 30000), "30000"); }

TEST_F(BadInputTest, CorruptJpegsNeverHurt) {
  // A decoder may make a picture of them; the server must answer one way or the other.
  const std::string good = SampleScene(2);
  for (size_t from = 2; from < good.size(); from += good.size() / 12) {
    v1::DetectRequest request = Good();
    std::string bytes = good;
    for (size_t i = from; i < std::min(from + 8, bytes.size()); ++i) bytes[i] = '\x5a';
    request.mutable_image()->set_encoded(bytes);
    const grpc::StatusCode code = Detect(request).error_code();
    EXPECT_TRUE(code == grpc::StatusCode::OK || code == grpc::StatusCode::INVALID_ARGUMENT) << code;
  }
  ExpectServing();
}

TEST_F(BadInputTest, OddPicturesAreFine) {
  for (const PngKind kind : {PngKind::kGrey, PngKind::kGreyAlpha, PngKind::kRgb, PngKind::kRgba}) {
    for (const int side : {1, 50}) {
      v1::DetectRequest request = Good();
      request.mutable_image()->set_encoded(MakePng(side, side, kind));
      v1::DetectResponse response;
      const grpc::Status status = Detect(request, &response);
      EXPECT_TRUE(status.ok()) << side << " " << static_cast<int>(kind) << ": "
                               << status.error_message();
      EXPECT_EQ(response.image_width(), side);
    }
  }
}

TEST_F(BadInputTest, OptionsOutOfRange) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), -0.5F, 1.5F}) {
    v1::DetectRequest request = Good();
    request.set_score_threshold(bad);
    Expect(request, grpc::StatusCode::INVALID_ARGUMENT, "score_threshold: ");
  }
  v1::DetectRequest request = Good();
  request.set_max_detections(0);
  Expect(request, grpc::StatusCode::INVALID_ARGUMENT, "max_detections: 0");
  request = Good();
  request.set_mask_form(static_cast<v1::MaskForm>(77));
  Expect(request, grpc::StatusCode::INVALID_ARGUMENT, "mask_form: 77");
  request = Good();
  request.set_request_id(std::string(300, 'r'));
  Expect(request, grpc::StatusCode::INVALID_ARGUMENT, "request_id: 300 bytes");
}

TEST_F(BadInputTest, WrongModel) {
  v1::DetectRequest request = Good();
  request.set_model("yolo");
  Expect(request, grpc::StatusCode::NOT_FOUND, "model: 'yolo' is not served; these are: vitdet");
  request.set_model("internvit");
  Expect(request, grpc::StatusCode::INVALID_ARGUMENT, "'internvit' does not serve this method");
}

TEST_F(BadInputTest, WrongRawSize) {
  v1::DetectRequest request = Good();
  v1::RawPixels& raw = *request.mutable_image()->mutable_raw();
  raw.set_width(10);
  raw.set_height(10);
  raw.set_order(v1::RawPixels::ORDER_RGB);
  raw.set_pixels(std::string(299, 'x'));
  Expect(request, grpc::StatusCode::INVALID_ARGUMENT,
         "image.raw.pixels: 299 bytes, but 10 x 10 x 3 needs 300");
  raw.set_order(v1::RawPixels::ORDER_UNSPECIFIED);
  Expect(request, grpc::StatusCode::INVALID_ARGUMENT, "image.raw.order: ");
}

TEST_F(BadInputTest, MessageAboveTheLimit) {
  v1::DetectRequest request = Good();
  request.mutable_image()->set_encoded(std::string(5 << 20, 'x'));
  Expect(request, grpc::StatusCode::RESOURCE_EXHAUSTED, "larger than max");
}

TEST_F(BadInputTest, EmbedOptionsOutOfRange) {
  v1::EmbedRequest request;
  request.set_model("internvit");
  request.mutable_image()->set_encoded(SampleScene(1));
  request.set_top_k(11);
  EXPECT_EQ(Embed(request).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(Embed(request).error_message(), HasSubstr("top_k: 11 is not between 0 and 10"));
  request.set_top_k(0);
  request.set_feature(static_cast<v1::Feature>(40));
  EXPECT_THAT(Embed(request).error_message(), HasSubstr("feature: 40"));
  request.clear_feature();
  EXPECT_TRUE(Embed(request).ok());
}

TEST_F(BadInputTest, NonsenseInTheMetadata) {
  for (const auto& [key, value] :
       {std::pair{"omserve-budget-ms", "soon"}, std::pair{"omserve-budget-ms", "-5"},
        std::pair{"omserve-priority", "very"}}) {
    grpc::ClientContext context;
    context.AddMetadata(key, value);
    v1::DetectResponse response;
    const grpc::Status status = stub_->Detect(&context, Good(), &response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_THAT(status.error_message(), HasSubstr(std::string(key) + ": '" + value + "' is not"));
  }
  ExpectServing();
}

TEST_F(BadInputTest, ExpiredDeadline) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() - std::chrono::seconds(1));
  v1::DetectResponse response;
  EXPECT_EQ(stub_->Detect(&context, Good(), &response).error_code(),
            grpc::StatusCode::DEADLINE_EXCEEDED);
  ExpectServing();
}

}  // namespace
}  // namespace omserve

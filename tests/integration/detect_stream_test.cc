// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// DetectStream on a device that is slower than the video: every frame is answered or counted as
// dropped, in order, and the stream ends as the client or the server wants.
#include <grpcpp/client_context.h>
#include <signal.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "omserve/v1/vision.grpc.pb.h"
#include "tests/integration/probes.h"
#include "tests/integration/server_process.h"
#include "tests/integration/test_pictures.h"

namespace omserve {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

ServerSetup Slow(int milliseconds, const std::string& limits = "") {
  ServerSetup setup;
  setup.profile = absl::StrCat(R"({"models": {"backbone": {"default": )", milliseconds, "}}}");
  setup.devices = "0";
  setup.limits = limits;
  return setup;
}

// One stream of a client that reads when it is told to. Single-thread.
class Stream {
 public:
  explicit Stream(v1::Vision::Stub& stub,
                  const std::vector<std::pair<std::string, std::string>>& metadata = {}) {
    for (const auto& [key, value] : metadata) context_.AddMetadata(key, value);
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    stream_ = stub.DetectStream(&context_);
  }
  ~Stream() {
    if (!ended_) {
      Cancel();
      End();
    }
  }

  // The frame's request id is its number.
  bool Send(const std::string& picture = SampleScene(1), const std::string& model = "vitdet") {
    v1::DetectRequest frame;
    frame.set_model(model);
    frame.mutable_image()->set_encoded(picture);
    frame.set_request_id(absl::StrCat(++sent_));
    frame.set_mask_form(v1::MASK_FORM_NONE);
    return stream_->Write(frame);
  }
  void HalfClose() { stream_->WritesDone(); }
  void Cancel() { context_.TryCancel(); }
  // Blocks for the next answer; false when there is none any more.
  bool Read(v1::FrameAnswer& answer) { return stream_->Read(&answer); }
  // After the last Read.
  grpc::Status End() {
    ended_ = true;
    return stream_->Finish();
  }
  std::string Trailer(const std::string& key) const {
    const auto& all = context_.GetServerTrailingMetadata();
    const auto found = all.find(key);
    return found == all.end() ? "" : std::string(found->second.data(), found->second.size());
  }
  int sent() const { return sent_; }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::DetectRequest, v1::FrameAnswer>> stream_;
  int sent_ = 0;
  bool ended_ = false;
};

// The sum of the lines of the metrics that begin with 'series'.
double Metric(const ServerProcess& server, const std::string& series) {
  const std::string text = Scrape(server.metrics_port());
  double sum = 0;
  for (size_t at = text.find("\n" + series); at != std::string::npos;
       at = text.find("\n" + series, at + 1)) {
    sum += std::stod(text.substr(text.find(' ', at)));
  }
  return sum;
}

class DetectStreamTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    server_ = new ServerProcess(Slow(120));
    ASSERT_TRUE(server_->WaitReady()) << server_->log();
    stub_ = v1::Vision::NewStub(server_->channel()).release();
  }
  static void TearDownTestSuite() {
    delete stub_;
    delete server_;
  }

  static ServerProcess* server_;
  static v1::Vision::Stub* stub_;
};
ServerProcess* DetectStreamTest::server_ = nullptr;
v1::Vision::Stub* DetectStreamTest::stub_ = nullptr;

// Reads to the end and checks the numbers; gives the frames that were answered.
int ReadAll(Stream& stream, int64_t* dropped) {
  v1::FrameAnswer answer;
  int64_t last = 0;
  int answered = 0;
  *dropped = 0;
  while (stream.Read(answer)) {
    EXPECT_EQ(answer.frame(), last + answer.dropped() + 1) << "in order, and gaps are counted";
    *dropped += answer.dropped();
    EXPECT_EQ(answer.dropped_total(), *dropped);
    EXPECT_TRUE(answer.has_response()) << answer.error().message();
    EXPECT_EQ(answer.response().request_id(), absl::StrCat(answer.frame()));
    EXPECT_GT(answer.response().detections_size(), 0);
    last = answer.frame();
    ++answered;
  }
  EXPECT_EQ(last, stream.sent()) << "the newest frame is always answered";
  return answered;
}

TEST_F(DetectStreamTest, AnswersOrCountsEveryFrameInOrder) {
  const double before = Metric(*server_, "omserve_stream_frames_dropped_total{model=\"vitdet\"");
  Stream stream(*stub_);
  // Nothing is read meanwhile: a slow reader holds nobody up.
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(stream.Send());
  stream.HalfClose();
  int64_t dropped = 0;
  const int answered = ReadAll(stream, &dropped);
  EXPECT_EQ(answered + dropped, 40);
  EXPECT_GT(dropped, 20) << "40 frames came in much less than 40 x 120 ms";
  EXPECT_TRUE(stream.End().ok());
  EXPECT_EQ(Metric(*server_, "omserve_stream_frames_dropped_total{model=\"vitdet\"") - before,
            dropped);
  EXPECT_EQ(Metric(*server_, "omserve_streams"), 0);
}

TEST_F(DetectStreamTest, DropsNothingOfAClientThatWaits) {
  Stream stream(*stub_);
  for (int i = 1; i <= 3; ++i) {
    ASSERT_TRUE(stream.Send());
    v1::FrameAnswer answer;
    ASSERT_TRUE(stream.Read(answer));
    EXPECT_EQ(answer.frame(), i);
    EXPECT_EQ(answer.dropped_total(), 0);
    EXPECT_GT(answer.response().timing().stages_size(), 4);
  }
  stream.HalfClose();
  v1::FrameAnswer answer;
  EXPECT_FALSE(stream.Read(answer));
  EXPECT_TRUE(stream.End().ok());
}

TEST_F(DetectStreamTest, StreamsSideBySideDoNotReplaceEachOther) {
  Stream first(*stub_);
  Stream second(*stub_);
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(first.Send());
    ASSERT_TRUE(second.Send());
  }
  first.HalfClose();
  second.HalfClose();
  for (Stream* stream : {&first, &second}) {
    int64_t dropped = 0;
    EXPECT_EQ(ReadAll(*stream, &dropped) + dropped, 5);
    EXPECT_TRUE(stream->End().ok());
  }
}

TEST_F(DetectStreamTest, AnEmptyStreamIsFine) {
  Stream stream(*stub_);
  stream.HalfClose();
  v1::FrameAnswer answer;
  EXPECT_FALSE(stream.Read(answer));
  EXPECT_TRUE(stream.End().ok());
}

TEST_F(DetectStreamTest, AFrameThatFailsDoesNotEndTheStream) {
  Stream stream(*stub_);
  v1::FrameAnswer answer;
  ASSERT_TRUE(stream.Send("this is no picture"));
  ASSERT_TRUE(stream.Read(answer));
  EXPECT_EQ(answer.error().code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(answer.error().message(), HasSubstr("image"));
  ASSERT_TRUE(stream.Send(SampleScene(1), "yolo"));
  ASSERT_TRUE(stream.Read(answer));
  EXPECT_EQ(answer.error().code(), grpc::StatusCode::NOT_FOUND);
  ASSERT_TRUE(stream.Send(SampleScene(1).substr(0, 3000)));
  ASSERT_TRUE(stream.Read(answer));
  EXPECT_EQ(answer.error().code(), grpc::StatusCode::INVALID_ARGUMENT);
  ASSERT_TRUE(stream.Send());
  ASSERT_TRUE(stream.Read(answer));
  EXPECT_EQ(answer.frame(), 4);
  EXPECT_TRUE(answer.has_response()) << answer.error().message();
  stream.HalfClose();
  EXPECT_FALSE(stream.Read(answer));
  EXPECT_TRUE(stream.End().ok());
}

TEST_F(DetectStreamTest, TheBudgetIsForEachFrame) {
  Stream stream(*stub_, {{"omserve-budget-ms", "20"}, {"omserve-priority", "batch"}});
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(stream.Send());
    v1::FrameAnswer answer;
    ASSERT_TRUE(stream.Read(answer));
    // The second when the server foresees it.
    EXPECT_THAT(answer.error().code(),
                AnyOf(grpc::StatusCode::DEADLINE_EXCEEDED, grpc::StatusCode::RESOURCE_EXHAUSTED));
    EXPECT_EQ(answer.error().has_retry_after(),
              answer.error().code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  }
}

TEST_F(DetectStreamTest, NonsenseInTheMetadataEndsTheStream) {
  for (const auto& [key, value] :
       {std::pair{"omserve-budget-ms", "soon"}, std::pair{"omserve-priority", "very"}}) {
    Stream stream(*stub_, {{key, value}});
    v1::FrameAnswer answer;
    EXPECT_FALSE(stream.Read(answer));
    const grpc::Status status = stream.End();
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_THAT(status.error_message(), HasSubstr(key));
  }
}

TEST_F(DetectStreamTest, ACancelledStreamLeavesNothingBehind) {
  {
    Stream stream(*stub_);
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(stream.Send());
    v1::FrameAnswer answer;
    ASSERT_TRUE(stream.Read(answer));
    stream.Cancel();
    while (stream.Read(answer)) {
    }
    EXPECT_EQ(stream.End().error_code(), grpc::StatusCode::CANCELLED);
  }
  for (int i = 0; i < 2000 && Metric(*server_, "omserve_streams") > 0; ++i) {
    absl::SleepFor(absl::Milliseconds(5));
  }
  EXPECT_EQ(Metric(*server_, "omserve_streams"), 0);
  EXPECT_EQ(Metric(*server_, "omserve_inflight_requests{model=\"vitdet\"}"), 0);
  Stream next(*stub_);
  ASSERT_TRUE(next.Send());
  v1::FrameAnswer answer;
  ASSERT_TRUE(next.Read(answer));
  EXPECT_TRUE(answer.has_response());
}

TEST(DetectStreamEndTest, RefusesMoreStreamsThanTheLimit) {
  ServerProcess server(Slow(1, "max_streams: 1"));
  ASSERT_TRUE(server.WaitReady()) << server.log();
  const auto stub = v1::Vision::NewStub(server.channel());
  Stream first(*stub);
  ASSERT_TRUE(first.Send());
  v1::FrameAnswer answer;
  ASSERT_TRUE(first.Read(answer));
  Stream second(*stub);
  EXPECT_FALSE(second.Read(answer));
  const grpc::Status refused = second.End();
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(refused.error_message(), HasSubstr("limit 1"));
  EXPECT_EQ(second.Trailer("retry-after-ms"), "50");
}

TEST(DetectStreamEndTest, ADrainAnswersTheFrameAtWorkAndEndsIdleStreams) {
  ServerProcess server(Slow(1500));
  ASSERT_TRUE(server.WaitReady()) << server.log();
  const auto stub = v1::Vision::NewStub(server.channel());
  Stream idle(*stub);
  Stream busy(*stub);
  ASSERT_TRUE(busy.Send());
  for (int i = 0; i < 2000 && (Metric(server, "omserve_inflight_requests{model=\"vitdet\"}") != 1 ||
                               Metric(server, "omserve_streams") != 2);
       ++i) {
    absl::SleepFor(absl::Milliseconds(5));
  }
  server.Signal(SIGTERM);
  v1::FrameAnswer answer;
  EXPECT_FALSE(idle.Read(answer));
  EXPECT_EQ(idle.End().error_code(), grpc::StatusCode::UNAVAILABLE);
  ASSERT_TRUE(busy.Read(answer));
  EXPECT_EQ(answer.frame(), 1);
  EXPECT_TRUE(answer.has_response()) << answer.error().message();
  EXPECT_FALSE(busy.Read(answer));
  const grpc::Status end = busy.End();
  EXPECT_EQ(end.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(end.error_message(), "the server is stopping");
  EXPECT_EQ(server.WaitExit(), 0) << server.log();
}

}  // namespace
}  // namespace omserve

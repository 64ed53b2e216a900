// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/detect_stream_call.h"

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "omserve/v1/vision.grpc.pb.h"
#include "server/base/worker_pool.h"
#include "server/service/vision_service.h"

namespace omserve {
namespace {

// What a frame's answer says of a stage that was let go: every frame ends with this error.
constexpr int kLetGo = grpc::StatusCode::OUT_OF_RANGE;

// Holds every backbone call until it is let go; may keep the newest of each stream as a scheduler
// does. Thread-safe.
class HoldingRunner final : public ModelRunner {
 public:
  explicit HoldingRunner(Executor& executor) : executor_(executor) {}

  StagePromise Submit(StageCall call, RequestContext& context, Done done) override {
    if (call.stage != "backbone") {
      End(std::move(done), absl::OutOfRangeError("no stage of these tests"));
      return {};
    }
    std::vector<Held> replaced;
    {
      MutexLock lock(mutex_);
      ++submitted_;
      if (keep_newest_) replaced.swap(held_);
      held_.push_back({&context, std::move(done)});
      if (give_up_ > 0) {
        --give_up_;
        replaced.swap(held_);
      }
      changed_.NotifyAll();
    }
    for (Held& held : replaced) End(std::move(held.done), absl::AbortedError("a newer frame came"));
    return {};
  }
  void Cancel(RequestContext& context) override {
    context.Cancel();
    std::vector<Held> cancelled;
    {
      MutexLock lock(mutex_);
      for (auto held = held_.begin(); held != held_.end();) {
        if (held->context != &context) {
          ++held;
          continue;
        }
        cancelled.push_back(std::move(*held));
        held = held_.erase(held);
      }
    }
    for (Held& held : cancelled) End(std::move(held.done), absl::CancelledError("gone"));
  }
  TensorAllocator& allocator() override { return TensorAllocator::Heap(); }

  void KeepNewest() {
    MutexLock lock(mutex_);
    keep_newest_ = true;
  }
  // The next call ends as if a newer one of its stream had come.
  void GiveUpNext() {
    MutexLock lock(mutex_);
    give_up_ = 1;
  }
  bool WaitSubmitted(int count) {
    const absl::Time end = absl::Now() + absl::Seconds(30);
    MutexLock lock(mutex_);
    while (submitted_ < count && absl::Now() < end) changed_.WaitFor(mutex_, absl::Seconds(1));
    return submitted_ == count;
  }
  int submitted() const {
    MutexLock lock(mutex_);
    return submitted_;
  }
  // Ends what is held, oldest first.
  void LetGo() {
    std::vector<Held> held;
    {
      MutexLock lock(mutex_);
      held.swap(held_);
    }
    for (Held& one : held) End(std::move(one.done), absl::OutOfRangeError("let go"));
  }

 private:
  struct Held {
    RequestContext* context;
    Done done;
  };
  void End(Done done, absl::Status status) {
    executor_.Post([done = std::move(done), status = std::move(status)]() mutable {
      done(std::move(status));
    });
  }

  Executor& executor_;
  mutable Mutex mutex_;
  CondVar changed_;
  std::vector<Held> held_ ABSL_GUARDED_BY(mutex_);
  int submitted_ ABSL_GUARDED_BY(mutex_) = 0;
  bool keep_newest_ ABSL_GUARDED_BY(mutex_) = false;
  int give_up_ ABSL_GUARDED_BY(mutex_) = 0;
};

class DetectStreamCallTest : public ::testing::Test {
 protected:
  DetectStreamCallTest() {
    auto runner = std::make_unique<HoldingRunner>(workers_);
    runner_ = runner.get();
    VitDetConfig config;
    config.image_size = 64;
    auto model = std::unique_ptr<ServedModel>(new ServedModel{
        "vitdet", "1", {}, {"backbone"}, *VitDet::Create(config), std::move(runner), {}, {}});
    model->frame_metrics = metrics_.AddMethod("vitdet", "DetectStream");
    model->stream_metrics = metrics_.AddStreams("vitdet");
    streams_ = &model->stream_metrics;
    catalog_.Publish(std::move(model));
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    stub_ = v1::Vision::NewStub(server_->InProcessChannel({}));
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    stream_ = stub_->DetectStream(&context_);
  }
  ~DetectStreamCallTest() override {
    if (stream_ != nullptr) {
      context_.TryCancel();
      runner_->LetGo();
      End();
    }
    server_->Shutdown();
    workers_.Stop();
  }

  void Send() {
    v1::DetectRequest frame;
    v1::RawPixels& raw = *frame.mutable_image()->mutable_raw();
    raw.set_width(16);
    raw.set_height(16);
    raw.set_order(v1::RawPixels::ORDER_RGB);
    raw.set_pixels(std::string(16 * 16 * 3, 'x'));
    ASSERT_TRUE(stream_->Write(frame));
  }
  void ExpectAnswer(int64_t frame, int64_t dropped, int64_t total) {
    v1::FrameAnswer answer;
    ASSERT_TRUE(stream_->Read(&answer));
    EXPECT_EQ(answer.frame(), frame);
    EXPECT_EQ(answer.dropped(), dropped);
    EXPECT_EQ(answer.dropped_total(), total);
    EXPECT_EQ(answer.error().code(), kLetGo) << answer.error().message();
  }
  void ExpectNoMore() {
    v1::FrameAnswer answer;
    EXPECT_FALSE(stream_->Read(&answer)) << "frame " << answer.frame();
  }
  grpc::Status End() {
    const grpc::Status status = stream_->Finish();
    stream_.reset();
    return status;
  }
  static bool WaitFor(const prometheus::Counter* counter, double value) {
    const absl::Time end = absl::Now() + absl::Seconds(30);
    while (counter->Value() < value && absl::Now() < end) absl::SleepFor(absl::Milliseconds(1));
    return counter->Value() == value;
  }

  WorkerPool workers_{"host", 2};
  ServerMetrics metrics_{BuildInfo()};
  Admission admission_{8};
  ModelCatalog catalog_;
  HoldingRunner* runner_ = nullptr;
  const StreamMetrics* streams_ = nullptr;
  VisionService service_{
      CallEnvironment{catalog_, workers_, Clock::Real(), admission_, absl::Seconds(60)}, metrics_};
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::Vision::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::DetectRequest, v1::FrameAnswer>> stream_;
};

TEST_F(DetectStreamCallTest, KeepsOneAtTheDoorAndAnswersInOrder) {
  for (int i = 1; i <= 2; ++i) {
    Send();
    ASSERT_TRUE(runner_->WaitSubmitted(i));
  }
  for (int i = 3; i <= 6; ++i) Send();
  ASSERT_TRUE(WaitFor(streams_->dropped_at_door, 3));
  EXPECT_EQ(runner_->submitted(), 2) << "the others were not even decoded";
  stream_->WritesDone();
  runner_->LetGo();
  ExpectAnswer(1, 0, 0);
  ExpectAnswer(2, 0, 0);
  ASSERT_TRUE(runner_->WaitSubmitted(3));
  runner_->LetGo();
  ExpectAnswer(6, 3, 3);
  ExpectNoMore();
  EXPECT_TRUE(End().ok());
}

TEST_F(DetectStreamCallTest, CountsFramesThatTheSchedulerReplaced) {
  runner_->KeepNewest();
  for (int i = 1; i <= 4; ++i) {
    Send();
    ASSERT_TRUE(runner_->WaitSubmitted(i));
  }
  ASSERT_TRUE(WaitFor(streams_->dropped_in_queue, 3));
  stream_->WritesDone();
  runner_->LetGo();
  ExpectAnswer(4, 3, 3);
  ExpectNoMore();
  EXPECT_TRUE(End().ok());
  EXPECT_EQ(streams_->dropped_at_door->Value(), 0);
}

TEST_F(DetectStreamCallTest, TheNewestFrameRunsAgainWhenItGaveWayToAnOlderOne) {
  runner_->GiveUpNext();
  Send();
  ASSERT_TRUE(runner_->WaitSubmitted(2));
  runner_->LetGo();
  ExpectAnswer(1, 0, 0);
  EXPECT_EQ(streams_->dropped_in_queue->Value(), 0);
}

TEST_F(DetectStreamCallTest, ACancelEndsWhatIsAtWork) {
  Send();
  ASSERT_TRUE(runner_->WaitSubmitted(1));
  Send();
  ASSERT_TRUE(runner_->WaitSubmitted(2));
  Send();
  context_.TryCancel();
  EXPECT_EQ(End().error_code(), grpc::StatusCode::CANCELLED);
  // The stream and its frames have gone, although nobody let them go.
  admission_.Close();
  EXPECT_TRUE(admission_.WaitEmpty(absl::Now() + absl::Seconds(30), Clock::Real()));
  EXPECT_EQ(runner_->submitted(), 2);
}

TEST_F(DetectStreamCallTest, ADrainAnswersWhatIsAtWorkAndLeavesTheRest) {
  for (int i = 1; i <= 2; ++i) {
    Send();
    ASSERT_TRUE(runner_->WaitSubmitted(i));
  }
  for (int i = 3; i <= 4; ++i) Send();
  ASSERT_TRUE(WaitFor(streams_->dropped_at_door, 1));
  service_.DrainStreams();
  runner_->LetGo();
  ExpectAnswer(1, 0, 0);
  ExpectAnswer(2, 0, 0);
  ExpectNoMore();
  EXPECT_EQ(End().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(runner_->submitted(), 2);
}

TEST_F(DetectStreamCallTest, NoStreamBeginsOnceTheServiceDrains) {
  service_.DrainStreams();
  ExpectNoMore();
  EXPECT_EQ(End().error_code(), grpc::StatusCode::UNAVAILABLE);
  grpc::ClientContext late;
  const auto stream = stub_->DetectStream(&late);
  v1::FrameAnswer answer;
  EXPECT_FALSE(stream->Read(&answer));
  const grpc::Status status = stream->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(status.error_message(), "the server is stopping");
}

}  // namespace
}  // namespace omserve

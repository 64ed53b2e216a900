// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "client/mutex.h"
#include "omserve/v1/vision.grpc.pb.h"

namespace omserve::client {

// A Vision service on a free loopback port. Every call holds its thread until Release or until
// its deadline, if the service was made 'holding'; a picture "fail:<code>" fails with that code,
// and RESOURCE_EXHAUSTED with a hint to come again after 50 ms. In a stream, the frame "drop" is
// dropped and "fail:<code>" has that error. Thread-safe.
class FakeVision final : public v1::Vision::Service {
 public:
  explicit FakeVision(bool holding = false) : holding_(holding) {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
    address_ = "127.0.0.1:" + std::to_string(port);
  }
  ~FakeVision() override {
    Release();
    server_->Shutdown();
  }

  const std::string& address() const { return address_; }
  void SetServing(bool serving) { server_->GetHealthCheckService()->SetServingStatus(serving); }

  // Lets the calls that wait, and all later ones, go on.
  void Release() {
    MutexLock lock(mutex_);
    holding_ = false;
    changed_.NotifyAll();
  }
  // The next call begins a pause of the whole service: no call of it or after it ends sooner.
  void Stall(absl::Duration duration) {
    MutexLock lock(mutex_);
    stall_ = duration;
  }
  // Blocks until so many calls are inside, 10 s at most; returns whether they are.
  bool WaitForCalls(int count) {
    MutexLock lock(mutex_);
    for (int i = 0; i < 100 && now_ < count; ++i) {
      changed_.WaitFor(mutex_, absl::Milliseconds(100));
    }
    return now_ >= count;
  }
  int calls() {
    MutexLock lock(mutex_);
    return calls_;
  }
  int most_at_a_time() {
    MutexLock lock(mutex_);
    return most_;
  }
  // What the last call sent beside its request.
  std::multimap<std::string, std::string> last_metadata() {
    MutexLock lock(mutex_);
    return last_metadata_;
  }
  v1::DetectRequest last_detect() {
    MutexLock lock(mutex_);
    return last_detect_;
  }
  v1::ReadTextRequest last_read() {
    MutexLock lock(mutex_);
    return last_read_;
  }

  grpc::Status Detect(grpc::ServerContext* context, const v1::DetectRequest* request,
                      v1::DetectResponse* response) override {
    {
      MutexLock lock(mutex_);
      last_detect_ = *request;
    }
    response->set_model("fake");
    response->set_image_width(9);
    response->set_image_height(8);
    v1::Detection* detection = response->add_detections();
    detection->set_label_name(
        request->image().encoded().size() <= 20 ? "of " + request->image().encoded() : "a picture");
    detection->set_score(0.5F);
    v1::StageTiming* stage = response->mutable_timing()->add_stages();
    stage->set_stage("backbone");
    return Pass(context, request->image().encoded());
  }
  grpc::Status DetectStream(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<v1::FrameAnswer, v1::DetectRequest>* stream) override {
    v1::DetectRequest request;
    int64_t frame = 0;
    int64_t dropped = 0;
    while (stream->Read(&request)) {
      ++frame;
      const std::string& picture = request.image().encoded();
      if (picture == "drop") {
        ++dropped;
        continue;
      }
      if (picture == "end") return {grpc::StatusCode::UNAVAILABLE, "stopping as told"};
      v1::FrameAnswer answer;
      answer.set_frame(frame);
      answer.set_dropped(dropped);
      dropped = 0;
      if (picture.rfind("fail:", 0) == 0) {
        answer.mutable_error()->set_code(std::stoi(picture.substr(5)));
        answer.mutable_error()->set_message("failed as told");
      } else {
        answer.mutable_response()->add_detections()->set_label_name("of " + picture);
      }
      stream->Write(answer);
    }
    return Pass(context, "");
  }
  grpc::Status Embed(grpc::ServerContext* context, const v1::EmbedRequest* request,
                     v1::EmbedResponse* response) override {
    response->set_model("fake");
    response->add_shape(2);
    response->add_features(3);
    response->add_features(4);
    for (int i = 0; i < request->top_k(); ++i) {
      response->add_top()->set_label(i);
    }
    return Pass(context, request->image().encoded());
  }
  grpc::Status ReadText(grpc::ServerContext* context, const v1::ReadTextRequest* request,
                        v1::ReadTextResponse* response) override {
    {
      MutexLock lock(mutex_);
      last_read_ = *request;
    }
    response->set_model("fake");
    v1::TextLine* line = response->add_lines();
    line->set_text("text of a picture");
    line->set_score(0.5F);
    return Pass(context, request->image().encoded());
  }
  grpc::Status ListModels(grpc::ServerContext*, const v1::ListModelsRequest*,
                          v1::ListModelsResponse* response) override {
    response->add_models()->set_name("fake");
    return grpc::Status::OK;
  }

 private:
  grpc::Status Pass(grpc::ServerContext* context, const std::string& picture) {
    MutexLock lock(mutex_);
    ++calls_;
    ++now_;
    most_ = std::max(most_, now_);
    changed_.NotifyAll();
    last_metadata_.clear();
    for (const auto& [key, value] : context->client_metadata()) {
      last_metadata_.emplace(std::string(key.data(), key.size()),
                             std::string(value.data(), value.size()));
    }
    if (stall_ > absl::ZeroDuration()) {
      stall_end_ = absl::Now() + stall_;
      stall_ = absl::ZeroDuration();
    }
    while ((holding_ || absl::Now() < stall_end_) && !context->IsCancelled()) {
      changed_.WaitFor(mutex_, absl::Milliseconds(20));
    }
    --now_;
    if (picture == "fail:8") {
      context->AddTrailingMetadata("retry-after-ms", "50");
      context->AddTrailingMetadata("elapsed-us", "1200");
    }
    if (picture.rfind("fail:", 0) == 0) {
      return {static_cast<grpc::StatusCode>(std::stoi(picture.substr(5))), "failed as told"};
    }
    return grpc::Status::OK;
  }

  std::unique_ptr<grpc::Server> server_;
  std::string address_;
  Mutex mutex_;
  CondVar changed_;
  bool holding_ ABSL_GUARDED_BY(mutex_);
  int calls_ ABSL_GUARDED_BY(mutex_) = 0;
  int now_ ABSL_GUARDED_BY(mutex_) = 0;
  int most_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Duration stall_ ABSL_GUARDED_BY(mutex_);
  absl::Time stall_end_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  std::multimap<std::string, std::string> last_metadata_ ABSL_GUARDED_BY(mutex_);
  v1::DetectRequest last_detect_ ABSL_GUARDED_BY(mutex_);
  v1::ReadTextRequest last_read_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace omserve::client

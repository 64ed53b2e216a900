// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "client/mutex.h"
#include "omserve/v1/vision.grpc.pb.h"

namespace omserve::client {

// A Vision service whose answers have its name as the model. A picture "hold" is answered when the
// call is cancelled, "full" is RESOURCE_EXHAUSTED with a hint of 50 ms, and a frame "stop" fails
// the stream. Thread-safe.
class NamedVision final : public v1::Vision::Service {
 public:
  // 'address' as gRPC listens, port 0 for a free one.
  explicit NamedVision(std::string name, const std::string& address = "127.0.0.1:0")
      : name_(std::move(name)) {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::ServerBuilder builder;
    builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &port_);
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  ~NamedVision() override { Stop(); }

  int port() const { return port_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  void SetServing(bool serving) { server_->GetHealthCheckService()->SetServingStatus(serving); }
  void Stop() {
    if (server_ != nullptr) server_->Shutdown(std::chrono::system_clock::now());
  }
  // What the last call brought beside its request; "" for what it did not.
  std::string Metadata(const std::string& key) {
    MutexLock lock(mutex_);
    const auto found = metadata_.find(key);
    return found == metadata_.end() ? "" : found->second;
  }

  grpc::Status Detect(grpc::ServerContext* context, const v1::DetectRequest* request,
                      v1::DetectResponse* response) override {
    Keep(*context);
    if (request->image().encoded() == "hold") {
      for (int i = 0; i < 1000 && !context->IsCancelled(); ++i) {
        MutexLock lock(mutex_);
        never_.WaitFor(mutex_, absl::Milliseconds(10));
      }
    }
    if (request->image().encoded() == "full") {
      context->AddTrailingMetadata("retry-after-ms", "50");
      return {grpc::StatusCode::RESOURCE_EXHAUSTED, "the queue is full"};
    }
    response->set_model(name_);
    return grpc::Status::OK;
  }
  grpc::Status Embed(grpc::ServerContext* context, const v1::EmbedRequest* /*request*/,
                     v1::EmbedResponse* response) override {
    Keep(*context);
    response->set_model(name_);
    return grpc::Status::OK;
  }
  grpc::Status ReadText(grpc::ServerContext* context, const v1::ReadTextRequest* /*request*/,
                        v1::ReadTextResponse* response) override {
    Keep(*context);
    response->set_model(name_);
    return grpc::Status::OK;
  }
  grpc::Status ListModels(grpc::ServerContext* context, const v1::ListModelsRequest* /*request*/,
                          v1::ListModelsResponse* response) override {
    Keep(*context);
    response->add_models()->set_name(name_);
    return grpc::Status::OK;
  }
  grpc::Status DetectStream(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<v1::FrameAnswer, v1::DetectRequest>* stream) override {
    Keep(*context);
    v1::DetectRequest request;
    for (int64_t frame = 1; stream->Read(&request); ++frame) {
      if (request.image().encoded() == "stop") {
        return {grpc::StatusCode::UNAVAILABLE, "the device is lost"};
      }
      v1::FrameAnswer answer;
      answer.set_frame(frame);
      stream->Write(answer);
    }
    return grpc::Status::OK;
  }

 private:
  void Keep(const grpc::ServerContext& context) {
    MutexLock lock(mutex_);
    metadata_.clear();
    for (const auto& [key, value] : context.client_metadata()) {
      metadata_.emplace(std::string(key.data(), key.size()),
                        std::string(value.data(), value.size()));
    }
  }

  const std::string name_;
  int port_ = 0;
  Mutex mutex_;
  CondVar never_;
  std::multimap<std::string, std::string> metadata_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace omserve::client

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/grpcpp.h>

#include <cstring>
#include <memory>
#include <string>

#include "client/mutex.h"
#include "inference/grpc_service.grpc.pb.h"

namespace omserve::client {

// A KServe v2 server on a free loopback port whose model "echo" gives its input back, times
// included; any other model is NOT_FOUND. Thread-safe.
class FakeInfer final : public inference::GRPCInferenceService::Service {
 public:
  FakeInfer() {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
    address_ = "127.0.0.1:" + std::to_string(port);
  }
  ~FakeInfer() override { server_->Shutdown(); }

  const std::string& address() const { return address_; }
  inference::ModelInferRequest last() {
    MutexLock lock(mutex_);
    return last_;
  }
  // Later answers have this added to their first number.
  void Shift(float by) {
    MutexLock lock(mutex_);
    shift_ = by;
  }

  grpc::Status ModelInfer(grpc::ServerContext*, const inference::ModelInferRequest* request,
                          inference::ModelInferResponse* response) override {
    if (request->model_name() != "echo") return {grpc::StatusCode::NOT_FOUND, "no such model"};
    MutexLock lock(mutex_);
    last_ = *request;
    response->set_model_name("echo");
    response->set_id(std::to_string(++calls_));
    auto& output = *response->add_outputs();
    output.set_name("OUTPUT0");
    output.set_datatype(request->inputs(0).datatype());
    *output.mutable_shape() = request->inputs(0).shape();
    std::string bytes = request->raw_input_contents(0);
    if (request->inputs(0).datatype() == "FP32" && bytes.size() >= sizeof(float)) {
      float first = 0;
      std::memcpy(&first, bytes.data(), sizeof(first));
      first += shift_;
      std::memcpy(bytes.data(), &first, sizeof(first));
    }
    response->add_raw_output_contents(bytes);
    if (request->parameters().contains("timing")) {
      auto& parameters = *response->mutable_parameters();
      parameters["total_us"].set_double_param(3000);
      parameters["queue_us"].set_double_param(1000);
      parameters["compute_infer_us"].set_double_param(1500);
    }
    return grpc::Status::OK;
  }
  grpc::Status ModelMetadata(grpc::ServerContext*, const inference::ModelMetadataRequest* request,
                             inference::ModelMetadataResponse* response) override {
    if (request->name() != "echo") return {grpc::StatusCode::NOT_FOUND, "no such model"};
    auto& input = *response->add_inputs();
    input.set_name("INPUT0");
    input.set_datatype("FP32");
    input.add_shape(-1);
    input.add_shape(16);
    return grpc::Status::OK;
  }
  grpc::Status ModelReady(grpc::ServerContext*, const inference::ModelReadyRequest* request,
                          inference::ModelReadyResponse* response) override {
    response->set_ready(request->name() == "echo");
    return grpc::Status::OK;
  }

 private:
  std::unique_ptr<grpc::Server> server_;
  std::string address_;
  Mutex mutex_;
  int calls_ ABSL_GUARDED_BY(mutex_) = 0;
  float shift_ ABSL_GUARDED_BY(mutex_) = 0;
  inference::ModelInferRequest last_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace omserve::client

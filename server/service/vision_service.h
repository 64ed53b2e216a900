// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "omserve/v1/vision.grpc.pb.h"
#include "server/metrics/server_metrics.h"
#include "server/service/unary_call.h"

namespace omserve {

// omserve.v1.Vision. Owned by the server; outlives the listeners. Thread-safe.
class VisionService final : public v1::Vision::CallbackService {
 public:
  // 'metrics' must outlive the service.
  VisionService(CallEnvironment environment, ServerMetrics& metrics);

  grpc::ServerUnaryReactor* Detect(grpc::CallbackServerContext* rpc,
                                   const v1::DetectRequest* request,
                                   v1::DetectResponse* response) override;
  grpc::ServerUnaryReactor* Embed(grpc::CallbackServerContext* rpc, const v1::EmbedRequest* request,
                                  v1::EmbedResponse* response) override;
  grpc::ServerUnaryReactor* ReadText(grpc::CallbackServerContext* rpc,
                                     const v1::ReadTextRequest* request,
                                     v1::ReadTextResponse* response) override;
  grpc::ServerUnaryReactor* ListModels(grpc::CallbackServerContext* rpc,
                                       const v1::ListModelsRequest* request,
                                       v1::ListModelsResponse* response) override;

  // What ListModels says of every model; true from the start.
  void SetReady(bool ready) { ready_.store(ready); }

 private:
  const CallEnvironment environment_;
  const RequestMetrics detect_fallback_;
  const RequestMetrics embed_fallback_;
  const RequestMetrics read_fallback_;
  std::atomic<bool> ready_{true};
};

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

#include "omserve/v1/vision.grpc.pb.h"
#include "server/metrics/server_metrics.h"
#include "server/service/call_environment.h"
#include "server/service/detect_stream_call.h"
#include "server/service/open_streams.h"

namespace omserve {

// omserve.v1.Vision. Owned by the server; outlives the listeners. Thread-safe.
class VisionService final : public v1::Vision::CallbackService {
 public:
  // 'metrics' must outlive the service.
  VisionService(CallEnvironment environment, ServerMetrics& metrics);

  grpc::ServerUnaryReactor* Detect(grpc::CallbackServerContext* rpc,
                                   const v1::DetectRequest* request,
                                   v1::DetectResponse* response) override;
  grpc::ServerBidiReactor<v1::DetectRequest, v1::FrameAnswer>* DetectStream(
      grpc::CallbackServerContext* rpc) override;
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

  // Ends the open streams once their frames at work are answered, and lets no stream begin. Never
  // blocks; streams that end are seen at the admission.
  void DrainStreams() { streams_.DrainAll(); }

 private:
  const CallEnvironment environment_;
  const RequestMetrics detect_fallback_;
  const RequestMetrics frame_fallback_;
  const StreamMetrics stream_fallback_;
  const RequestMetrics embed_fallback_;
  const RequestMetrics read_fallback_;
  OpenStreams streams_;
  const StreamEnvironment stream_environment_;
  std::atomic<int64_t> last_stream_{0};
  std::atomic<bool> ready_{true};
};

}  // namespace omserve

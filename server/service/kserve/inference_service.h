// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <string>

#include "server/batching/batch_engine.h"
#include "server/metrics/server_metrics.h"
#include "server/registry/model_repository.h"
#include "server/service/call_environment.h"
#include "server/service/call_queues.h"
#include "server/service/kserve/generated_service.h"
#include "server/service/kserve/infer_call.h"
#include "server/service/open_streams.h"

namespace omserve::kserve {

// Where a service of the protocol stands.
struct ServiceOptions {
  std::string version;  // of the server
  // Whether models may be loaded and unloaded here; else that is PERMISSION_DENIED.
  bool allow_control = false;
  // Null: the models are those of the start, and loading is UNIMPLEMENTED. Outlives the service.
  ModelRepository* repository = nullptr;
  // Where the stages of all models run; null in tests: calls are not gathered. Outlives the
  // service.
  BatchEngine* engine = nullptr;
};

// inference.GRPCInferenceService, the public KServe v2 protocol with Triton's extensions. Owned by
// the server; outlives the listeners. Thread-safe.
class InferenceService final : public InferenceServiceBase, public QueuedService {
 public:
  // 'metrics' must outlive the service.
  InferenceService(CallEnvironment environment, ServerMetrics& metrics, ServiceOptions options);

  // True from the start.
  void SetReady(bool ready) { ready_.store(ready); }
  // As VisionService::DrainStreams.
  void DrainStreams() { streams_.DrainAll(); }

  // ModelInfer.
  std::unique_ptr<QueuedCalls> CallsOf(grpc::ServerCompletionQueue& queue) override;
  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* ModelStreamInfer(
      grpc::CallbackServerContext* rpc) override;

  grpc::ServerUnaryReactor* ServerLive(grpc::CallbackServerContext* rpc,
                                       const inference::ServerLiveRequest* request,
                                       inference::ServerLiveResponse* response) override;
  grpc::ServerUnaryReactor* ServerReady(grpc::CallbackServerContext* rpc,
                                        const inference::ServerReadyRequest* request,
                                        inference::ServerReadyResponse* response) override;
  grpc::ServerUnaryReactor* ModelReady(grpc::CallbackServerContext* rpc,
                                       const inference::ModelReadyRequest* request,
                                       inference::ModelReadyResponse* response) override;
  grpc::ServerUnaryReactor* ServerMetadata(grpc::CallbackServerContext* rpc,
                                           const inference::ServerMetadataRequest* request,
                                           inference::ServerMetadataResponse* response) override;
  grpc::ServerUnaryReactor* ModelMetadata(grpc::CallbackServerContext* rpc,
                                          const inference::ModelMetadataRequest* request,
                                          inference::ModelMetadataResponse* response) override;
  grpc::ServerUnaryReactor* ModelConfig(grpc::CallbackServerContext* rpc,
                                        const inference::ModelConfigRequest* request,
                                        inference::ModelConfigResponse* response) override;
  grpc::ServerUnaryReactor* ModelStatistics(grpc::CallbackServerContext* rpc,
                                            const inference::ModelStatisticsRequest* request,
                                            inference::ModelStatisticsResponse* response) override;
  grpc::ServerUnaryReactor* RepositoryIndex(grpc::CallbackServerContext* rpc,
                                            const inference::RepositoryIndexRequest* request,
                                            inference::RepositoryIndexResponse* response) override;
  grpc::ServerUnaryReactor* RepositoryModelLoad(
      grpc::CallbackServerContext* rpc, const inference::RepositoryModelLoadRequest* request,
      inference::RepositoryModelLoadResponse* response) override;
  grpc::ServerUnaryReactor* RepositoryModelUnload(
      grpc::CallbackServerContext* rpc, const inference::RepositoryModelUnloadRequest* request,
      inference::RepositoryModelUnloadResponse* response) override;

  grpc::ServerUnaryReactor* SystemSharedMemoryStatus(
      grpc::CallbackServerContext* rpc, const inference::SystemSharedMemoryStatusRequest* request,
      inference::SystemSharedMemoryStatusResponse* response) override;
  grpc::ServerUnaryReactor* SystemSharedMemoryRegister(
      grpc::CallbackServerContext* rpc, const inference::SystemSharedMemoryRegisterRequest* request,
      inference::SystemSharedMemoryRegisterResponse* response) override;
  grpc::ServerUnaryReactor* SystemSharedMemoryUnregister(
      grpc::CallbackServerContext* rpc,
      const inference::SystemSharedMemoryUnregisterRequest* request,
      inference::SystemSharedMemoryUnregisterResponse* response) override;
  grpc::ServerUnaryReactor* CudaSharedMemoryStatus(
      grpc::CallbackServerContext* rpc, const inference::CudaSharedMemoryStatusRequest* request,
      inference::CudaSharedMemoryStatusResponse* response) override;
  grpc::ServerUnaryReactor* CudaSharedMemoryRegister(
      grpc::CallbackServerContext* rpc, const inference::CudaSharedMemoryRegisterRequest* request,
      inference::CudaSharedMemoryRegisterResponse* response) override;
  grpc::ServerUnaryReactor* CudaSharedMemoryUnregister(
      grpc::CallbackServerContext* rpc, const inference::CudaSharedMemoryUnregisterRequest* request,
      inference::CudaSharedMemoryUnregisterResponse* response) override;
  grpc::ServerUnaryReactor* TraceSetting(grpc::CallbackServerContext* rpc,
                                         const inference::TraceSettingRequest* request,
                                         inference::TraceSettingResponse* response) override;
  grpc::ServerUnaryReactor* LogSettings(grpc::CallbackServerContext* rpc,
                                        const inference::LogSettingsRequest* request,
                                        inference::LogSettingsResponse* response) override;

 private:
  // OK when models may be changed here.
  absl::Status CheckControl(const std::string& repository_name) const;

  const CallEnvironment environment_;
  const ServiceOptions options_;
  const RequestMetrics fallback_;
  const InferEnvironment infer_environment_;
  OpenStreams streams_;
  std::atomic<bool> ready_{true};
};

}  // namespace omserve::kserve

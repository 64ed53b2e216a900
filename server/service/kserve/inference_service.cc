// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/kserve/inference_service.h"

#include "server/service/kserve/stream_infer_call.h"
#include "server/service/kserve/unary_infer_calls.h"
#include "server/service/status_conversion.h"

namespace omserve::kserve {
namespace {

// The label of requests that name no model of ours; a client cannot make series with it.
constexpr char kNoModel[] = "unknown";

grpc::ServerUnaryReactor* Unserved(grpc::CallbackServerContext* rpc, const char* text) {
  grpc::ServerUnaryReactor* reactor = rpc->DefaultReactor();
  reactor->Finish(ToGrpcStatus(absl::UnimplementedError(text)));
  return reactor;
}

constexpr char kNoSharedMemory[] =
    "shared memory is not served: send and receive tensors in the messages";

}  // namespace

InferenceService::InferenceService(CallEnvironment environment, ServerMetrics& metrics,
                                   ServiceOptions options)
    : environment_(environment),
      options_(std::move(options)),
      fallback_(metrics.AddMethod(kNoModel, "ModelInfer")),
      infer_environment_{environment_, fallback_} {}

std::unique_ptr<QueuedCalls> InferenceService::CallsOf(grpc::ServerCompletionQueue& queue) {
  return std::make_unique<UnaryInferCalls>(infer_environment_, *this, queue, options_.engine);
}

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* InferenceService::ModelStreamInfer(
    grpc::CallbackServerContext* rpc) {
  return StreamInferCall::Start(infer_environment_, streams_, *rpc);
}

grpc::ServerUnaryReactor* InferenceService::SystemSharedMemoryStatus(
    grpc::CallbackServerContext* rpc, const inference::SystemSharedMemoryStatusRequest* /*request*/,
    inference::SystemSharedMemoryStatusResponse* /*response*/) {
  return Unserved(rpc, kNoSharedMemory);
}
grpc::ServerUnaryReactor* InferenceService::SystemSharedMemoryRegister(
    grpc::CallbackServerContext* rpc,
    const inference::SystemSharedMemoryRegisterRequest* /*request*/,
    inference::SystemSharedMemoryRegisterResponse* /*response*/) {
  return Unserved(rpc, kNoSharedMemory);
}
grpc::ServerUnaryReactor* InferenceService::SystemSharedMemoryUnregister(
    grpc::CallbackServerContext* rpc,
    const inference::SystemSharedMemoryUnregisterRequest* /*request*/,
    inference::SystemSharedMemoryUnregisterResponse* /*response*/) {
  return Unserved(rpc, kNoSharedMemory);
}
grpc::ServerUnaryReactor* InferenceService::CudaSharedMemoryStatus(
    grpc::CallbackServerContext* rpc, const inference::CudaSharedMemoryStatusRequest* /*request*/,
    inference::CudaSharedMemoryStatusResponse* /*response*/) {
  return Unserved(rpc, kNoSharedMemory);
}
grpc::ServerUnaryReactor* InferenceService::CudaSharedMemoryRegister(
    grpc::CallbackServerContext* rpc, const inference::CudaSharedMemoryRegisterRequest* /*request*/,
    inference::CudaSharedMemoryRegisterResponse* /*response*/) {
  return Unserved(rpc, kNoSharedMemory);
}
grpc::ServerUnaryReactor* InferenceService::CudaSharedMemoryUnregister(
    grpc::CallbackServerContext* rpc,
    const inference::CudaSharedMemoryUnregisterRequest* /*request*/,
    inference::CudaSharedMemoryUnregisterResponse* /*response*/) {
  return Unserved(rpc, kNoSharedMemory);
}
grpc::ServerUnaryReactor* InferenceService::TraceSetting(
    grpc::CallbackServerContext* rpc, const inference::TraceSettingRequest* /*request*/,
    inference::TraceSettingResponse* /*response*/) {
  return Unserved(rpc,
                  "traces are not set by clients; the parameter 'timing' of a request tells "
                  "where its time went");
}
grpc::ServerUnaryReactor* InferenceService::LogSettings(
    grpc::CallbackServerContext* rpc, const inference::LogSettingsRequest* /*request*/,
    inference::LogSettingsResponse* /*response*/) {
  return Unserved(rpc, "the log is not set by clients, but where the server is started");
}

}  // namespace omserve::kserve

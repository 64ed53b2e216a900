// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/vision_service.h"

#include <variant>

#include "server/service/answer_conversion.h"
#include "server/service/read_text_method.h"
#include "server/service/unary_call.h"
#include "server/service/vision_methods.h"

namespace omserve {
namespace {

// The label of requests that name no model of ours; a client cannot make series with it.
constexpr char kNoModel[] = "unknown";

}  // namespace

VisionService::VisionService(CallEnvironment environment, ServerMetrics& metrics)
    : environment_(environment),
      detect_fallback_(metrics.AddMethod(kNoModel, "Detect")),
      frame_fallback_(metrics.AddMethod(kNoModel, "DetectStream")),
      stream_fallback_(metrics.AddStreams(kNoModel)),
      embed_fallback_(metrics.AddMethod(kNoModel, "Embed")),
      read_fallback_(metrics.AddMethod(kNoModel, "ReadText")),
      stream_environment_{environment_, frame_fallback_, stream_fallback_, metrics.streams(),
                          streams_} {}

grpc::ServerUnaryReactor* VisionService::Detect(grpc::CallbackServerContext* rpc,
                                                const v1::DetectRequest* request,
                                                v1::DetectResponse* response) {
  return UnaryCall<DetectMethod>::Start(environment_, detect_fallback_, *rpc, *request, *response);
}

grpc::ServerBidiReactor<v1::DetectRequest, v1::FrameAnswer>* VisionService::DetectStream(
    grpc::CallbackServerContext* rpc) {
  return DetectStreamCall::Start(stream_environment_, *rpc, last_stream_.fetch_add(1) + 1);
}

grpc::ServerUnaryReactor* VisionService::Embed(grpc::CallbackServerContext* rpc,
                                               const v1::EmbedRequest* request,
                                               v1::EmbedResponse* response) {
  const auto model = environment_.catalog.FindAny(request->model(), request->version());
  if (model.ok() && std::holds_alternative<Classify>((*model)->pipeline)) {
    return UnaryCall<ClassifyMethod>::Start(environment_, embed_fallback_, *rpc, *request,
                                            *response);
  }
  return UnaryCall<EmbedMethod>::Start(environment_, embed_fallback_, *rpc, *request, *response);
}

grpc::ServerUnaryReactor* VisionService::ReadText(grpc::CallbackServerContext* rpc,
                                                  const v1::ReadTextRequest* request,
                                                  v1::ReadTextResponse* response) {
  return UnaryCall<ReadTextMethod>::Start(environment_, read_fallback_, *rpc, *request, *response);
}

grpc::ServerUnaryReactor* VisionService::ListModels(grpc::CallbackServerContext* rpc,
                                                    const v1::ListModelsRequest* /*request*/,
                                                    v1::ListModelsResponse* response) {
  for (const ModelPin& model : environment_.catalog.All()) {
    ConvertModel(*model, ready_.load(), *response->add_models());
  }
  grpc::ServerUnaryReactor* reactor = rpc->DefaultReactor();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

}  // namespace omserve

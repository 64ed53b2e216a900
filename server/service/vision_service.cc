// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/vision_service.h"

#include <string_view>
#include <utility>

#include "server/service/read_text_checks.h"
#include "server/service/read_text_conversion.h"

namespace omserve {
namespace {

// The label of requests that name no model of ours; a client cannot make series with it.
constexpr char kNoModel[] = "unknown";

struct DetectMethod {
  using Request = v1::DetectRequest;
  using Response = v1::DetectResponse;
  using Pipeline = VitDet;
  using Input = ImageInput;
  using Options = DetectOptions;
  using Result = DetectResult;
  static constexpr std::string_view kName = "Detect";

  static absl::StatusOr<Input> CheckInput(const Request& request, const ImageLimits& limits) {
    return CheckImage(request.image(), limits);
  }
  static absl::StatusOr<Options> CheckOptions(const Request& request, const VitDet& pipeline) {
    return CheckDetectOptions(request, pipeline.config().defaults);
  }
  static Task<absl::StatusOr<Result>> Run(const VitDet& pipeline, ModelRunner& runner,
                                          RequestContext& context, const ImageInput& image,
                                          const Options& options) {
    return pipeline.Detect(runner, context, image, options);
  }
  static void Convert(Result result, const ServedModel& model, Response& out) {
    ConvertDetections(std::move(result), model, out);
  }
};

struct EmbedMethod {
  using Request = v1::EmbedRequest;
  using Response = v1::EmbedResponse;
  using Pipeline = InternVit;
  using Input = ImageInput;
  using Options = EmbedOptions;
  using Result = EmbedResult;
  static constexpr std::string_view kName = "Embed";

  static absl::StatusOr<Input> CheckInput(const Request& request, const ImageLimits& limits) {
    return CheckImage(request.image(), limits);
  }
  static absl::StatusOr<Options> CheckOptions(const Request& request, const InternVit& pipeline) {
    return CheckEmbedOptions(request, pipeline.config().num_classes);
  }
  static Task<absl::StatusOr<Result>> Run(const InternVit& pipeline, ModelRunner& runner,
                                          RequestContext& context, const ImageInput& image,
                                          const Options& options) {
    return pipeline.Embed(runner, context, image, options);
  }
  static void Convert(Result result, const ServedModel& model, Response& out) {
    ConvertFeatures(std::move(result), model, out);
  }
};

struct ReadTextMethod {
  using Request = v1::ReadTextRequest;
  using Response = v1::ReadTextResponse;
  using Pipeline = PpOcr;
  using Input = ReadTextInput;
  using Options = ReadTextOptions;
  using Result = ReadTextResult;
  static constexpr std::string_view kName = "ReadText";

  static absl::StatusOr<Input> CheckInput(const Request& request, const ImageLimits& limits) {
    return CheckReadTextInput(request, limits);
  }
  static absl::StatusOr<Options> CheckOptions(const Request& request, const PpOcr& pipeline) {
    return CheckReadTextOptions(request, pipeline.config());
  }
  static Task<absl::StatusOr<Result>> Run(const PpOcr& pipeline, ModelRunner& runner,
                                          RequestContext& context, const ReadTextInput& input,
                                          const Options& options) {
    return pipeline.Read(runner, context, input, options);
  }
  static void Convert(Result result, const ServedModel& /*model*/, Response& out) {
    ConvertText(std::move(result), out);
  }
};

}  // namespace

VisionService::VisionService(CallEnvironment environment, ServerMetrics& metrics)
    : environment_(environment),
      detect_fallback_(metrics.AddMethod(kNoModel, "Detect")),
      embed_fallback_(metrics.AddMethod(kNoModel, "Embed")),
      read_fallback_(metrics.AddMethod(kNoModel, "ReadText")) {}

grpc::ServerUnaryReactor* VisionService::Detect(grpc::CallbackServerContext* rpc,
                                                const v1::DetectRequest* request,
                                                v1::DetectResponse* response) {
  return UnaryCall<DetectMethod>::Start(environment_, detect_fallback_, *rpc, *request, *response);
}

grpc::ServerUnaryReactor* VisionService::Embed(grpc::CallbackServerContext* rpc,
                                               const v1::EmbedRequest* request,
                                               v1::EmbedResponse* response) {
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
  for (const ServedModel* model : environment_.catalog.All()) {
    ConvertModel(*model, ready_.load(), *response->add_models());
  }
  grpc::ServerUnaryReactor* reactor = rpc->DefaultReactor();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

}  // namespace omserve

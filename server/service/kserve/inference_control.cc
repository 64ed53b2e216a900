// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// What the protocol tells of the server and its models: everything but inference.
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "pipelines/base/status_macros.h"
#include "server/service/kserve/inference_service.h"
#include "server/service/kserve/model_description.h"
#include "server/service/kserve/resolved_model.h"
#include "server/service/kserve/statistics_conversion.h"
#include "server/service/status_conversion.h"

namespace omserve::kserve {
namespace {

grpc::ServerUnaryReactor* End(grpc::CallbackServerContext* rpc, const absl::Status& status) {
  grpc::ServerUnaryReactor* reactor = rpc->DefaultReactor();
  reactor->Finish(ToGrpcStatus(status));
  return reactor;
}

std::vector<std::string> VersionsOf(const ModelCatalog& catalog, const std::string& pipeline) {
  std::vector<std::string> versions;
  for (const ModelPin& pin : catalog.All()) {
    if (pin->name == pipeline) versions.push_back(pin->version);
  }
  return versions;
}

void AddStatistics(const ModelName& name, const ServedModel& model, const ServedStage* stage,
                   inference::ModelStatisticsResponse& out) {
  const RequestMetrics& metrics = stage == nullptr ? model.infer_metrics : stage->metrics;
  inference::ModelStatistics& entry = *out.add_model_stats();
  entry.set_name(name.whole());
  entry.set_version(model.version);
  ConvertStatistics(metrics.statistics == nullptr ? InferTotals() : metrics.statistics->totals(),
                    entry);
}

void AddIndex(const std::string& name, const std::string& version, const std::string& state,
              const std::string& reason, inference::RepositoryIndexResponse& out) {
  auto& entry = *out.add_models();
  entry.set_name(name);
  entry.set_version(version);
  entry.set_state(state);
  entry.set_reason(reason);
}

// The model, and the stages that are models beside it.
std::vector<std::pair<ModelName, const ServedStage*>> ModelsOf(const ServedModel& model) {
  const ServedStage* const alone = FindStage(model, {});
  std::vector<std::pair<ModelName, const ServedStage*>> out = {{{model.name, {}}, alone}};
  if (alone != nullptr) return out;
  for (const ServedStage& stage : model.stage_models) {
    out.push_back({{model.name, stage.name}, &stage});
  }
  return out;
}

void AddLoaded(const ServedModel& model, inference::RepositoryIndexResponse& out) {
  for (const auto& [name, stage] : ModelsOf(model)) {
    AddIndex(name.whole(), model.version, "READY", "", out);
  }
}

}  // namespace

grpc::ServerUnaryReactor* InferenceService::ServerLive(
    grpc::CallbackServerContext* rpc, const inference::ServerLiveRequest* /*request*/,
    inference::ServerLiveResponse* response) {
  response->set_live(true);
  return End(rpc, absl::OkStatus());
}

grpc::ServerUnaryReactor* InferenceService::ServerReady(
    grpc::CallbackServerContext* rpc, const inference::ServerReadyRequest* /*request*/,
    inference::ServerReadyResponse* response) {
  response->set_ready(ready_.load());
  return End(rpc, absl::OkStatus());
}

grpc::ServerUnaryReactor* InferenceService::ModelReady(grpc::CallbackServerContext* rpc,
                                                       const inference::ModelReadyRequest* request,
                                                       inference::ModelReadyResponse* response) {
  const auto model = ResolveModel(environment_.catalog, request->name(), request->version());
  // Clients ask whether a model is there; that it is not is an answer.
  if (!model.ok() && !absl::IsNotFound(model.status())) return End(rpc, model.status());
  response->set_ready(model.ok() && ready_.load());
  return End(rpc, absl::OkStatus());
}

grpc::ServerUnaryReactor* InferenceService::ServerMetadata(
    grpc::CallbackServerContext* rpc, const inference::ServerMetadataRequest* /*request*/,
    inference::ServerMetadataResponse* response) {
  response->set_name("omserve");
  response->set_version(options_.version);
  for (const char* extension : {"classification", "model_configuration", "model_repository",
                                "schedule_policy", "statistics"}) {
    response->add_extensions(extension);
  }
  return End(rpc, absl::OkStatus());
}

grpc::ServerUnaryReactor* InferenceService::ModelMetadata(
    grpc::CallbackServerContext* rpc, const inference::ModelMetadataRequest* request,
    inference::ModelMetadataResponse* response) {
  const auto model = ResolveModel(environment_.catalog, request->name(), request->version());
  if (!model.ok()) return End(rpc, model.status());
  FillMetadata(model->name.whole(), VersionsOf(environment_.catalog, model->name.pipeline),
               DescribeModel(*model->pin, model->stage), *response);
  return End(rpc, absl::OkStatus());
}

grpc::ServerUnaryReactor* InferenceService::ModelConfig(
    grpc::CallbackServerContext* rpc, const inference::ModelConfigRequest* request,
    inference::ModelConfigResponse* response) {
  const auto model = ResolveModel(environment_.catalog, request->name(), request->version());
  if (!model.ok()) return End(rpc, model.status());
  FillConfig(model->name.whole(), *model->pin, DescribeModel(*model->pin, model->stage),
             *response->mutable_config());
  return End(rpc, absl::OkStatus());
}

grpc::ServerUnaryReactor* InferenceService::ModelStatistics(
    grpc::CallbackServerContext* rpc, const inference::ModelStatisticsRequest* request,
    inference::ModelStatisticsResponse* response) {
  if (!request->name().empty()) {
    const auto model = ResolveModel(environment_.catalog, request->name(), request->version());
    if (!model.ok()) return End(rpc, model.status());
    AddStatistics(model->name, *model->pin, model->stage, *response);
    return End(rpc, absl::OkStatus());
  }
  for (const ModelPin& pin : environment_.catalog.All()) {
    for (const auto& [name, stage] : ModelsOf(*pin)) AddStatistics(name, *pin, stage, *response);
  }
  return End(rpc, absl::OkStatus());
}

grpc::ServerUnaryReactor* InferenceService::RepositoryIndex(
    grpc::CallbackServerContext* rpc, const inference::RepositoryIndexRequest* request,
    inference::RepositoryIndexResponse* response) {
  if (!request->repository_name().empty()) {
    return End(rpc, absl::NotFoundError("repository_name: must be empty, there is one only"));
  }
  std::set<std::pair<std::string, std::string>> loaded;
  for (const ModelPin& pin : environment_.catalog.All()) {
    AddLoaded(*pin, *response);
    loaded.emplace(pin->name, pin->version);
  }
  if (options_.repository == nullptr || request->ready()) return End(rpc, absl::OkStatus());
  for (const ModelVersion& version : options_.repository->Index()) {
    if (loaded.count({version.name, version.version}) > 0) continue;
    const std::string_view state = ModelStateName(version.state);
    AddIndex(version.name, version.version, std::string(state), WithoutPaths(version.reason),
             *response);
  }
  return End(rpc, absl::OkStatus());
}

absl::Status InferenceService::CheckControl(const std::string& repository_name) const {
  if (!options_.allow_control) {
    return absl::PermissionDeniedError(
        "models are loaded and unloaded on the control listener, not here");
  }
  if (!repository_name.empty()) {
    return absl::NotFoundError("repository_name: must be empty, there is one only");
  }
  if (options_.repository == nullptr) {
    return absl::UnimplementedError("this server serves the models that it was started with");
  }
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* InferenceService::RepositoryModelLoad(
    grpc::CallbackServerContext* rpc, const inference::RepositoryModelLoadRequest* request,
    inference::RepositoryModelLoadResponse* /*response*/) {
  absl::Status status = CheckControl(request->repository_name());
  if (status.ok() && !request->parameters().empty()) {
    status = absl::InvalidArgumentError(absl::StrCat(
        "parameters['", absl::CHexEscape(request->parameters().begin()->first.substr(0, 64)),
        "']: there is none; files of models do not travel through this protocol"));
  }
  if (!status.ok()) return End(rpc, status);
  grpc::ServerUnaryReactor* reactor = rpc->DefaultReactor();
  options_.repository->Load(request->model_name(), "", [reactor](const absl::Status& done) {
    reactor->Finish(ToGrpcStatus(done));
  });
  return reactor;
}

grpc::ServerUnaryReactor* InferenceService::RepositoryModelUnload(
    grpc::CallbackServerContext* rpc, const inference::RepositoryModelUnloadRequest* request,
    inference::RepositoryModelUnloadResponse* /*response*/) {
  absl::Status status = CheckControl(request->repository_name());
  for (const auto& [name, value] : request->parameters()) {
    if (!status.ok() || name == "unload_dependents") continue;
    status = absl::InvalidArgumentError(
        absl::StrCat("parameters['", absl::CHexEscape(name.substr(0, 64)), "']: is not known"));
  }
  if (!status.ok()) return End(rpc, status);
  grpc::ServerUnaryReactor* reactor = rpc->DefaultReactor();
  options_.repository->Unload(request->model_name(), "", [reactor](const absl::Status& done) {
    reactor->Finish(ToGrpcStatus(done));
  });
  return reactor;
}

}  // namespace omserve::kserve

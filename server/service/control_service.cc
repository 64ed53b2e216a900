// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/control_service.h"

#include <string>

#include "server/service/control_conversion.h"
#include "server/service/status_conversion.h"

namespace omserve {
namespace {

grpc::ServerUnaryReactor* Answered(grpc::CallbackServerContext& rpc) {
  grpc::ServerUnaryReactor* reactor = rpc.DefaultReactor();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

}  // namespace

ControlService::ControlService(const ControlEnvironment& environment)
    : environment_(environment), start_(environment.clock.Now()) {}

template <typename Request, typename Response>
grpc::ServerUnaryReactor* ControlService::Ask(Change change, grpc::CallbackServerContext& rpc,
                                              const Request& request, Response& response) {
  grpc::ServerUnaryReactor* const reactor = rpc.DefaultReactor();
  // The response lives until Finish.
  const auto done = [this, reactor, &response, name = request.model()](const absl::Status& status) {
    if (status.ok()) {
      for (const ModelVersion& version : environment_.repository.Index()) {
        if (version.name == name) ConvertVersion(version, *response.add_versions());
      }
    }
    reactor->Finish(ToOperatorStatus(status));
  };
  (environment_.repository.*change)(request.model(), request.version(), done);
  return reactor;
}

grpc::ServerUnaryReactor* ControlService::Load(grpc::CallbackServerContext* rpc,
                                               const v1::LoadRequest* request,
                                               v1::LoadResponse* response) {
  return Ask(&ModelRepository::Load, *rpc, *request, *response);
}

grpc::ServerUnaryReactor* ControlService::Reload(grpc::CallbackServerContext* rpc,
                                                 const v1::ReloadRequest* request,
                                                 v1::ReloadResponse* response) {
  return Ask(&ModelRepository::Reload, *rpc, *request, *response);
}

grpc::ServerUnaryReactor* ControlService::Unload(grpc::CallbackServerContext* rpc,
                                                 const v1::UnloadRequest* request,
                                                 v1::UnloadResponse* response) {
  return Ask(&ModelRepository::Unload, *rpc, *request, *response);
}

grpc::ServerUnaryReactor* ControlService::Models(grpc::CallbackServerContext* rpc,
                                                 const v1::ModelsRequest* /*request*/,
                                                 v1::ModelsResponse* response) {
  for (const ModelVersion& version : environment_.repository.Index()) {
    ConvertVersion(version, *response->add_versions());
  }
  return Answered(*rpc);
}

grpc::ServerUnaryReactor* ControlService::Stats(grpc::CallbackServerContext* rpc,
                                                const v1::StatsRequest* /*request*/,
                                                v1::StatsResponse* response) {
  ConvertDuration(environment_.clock.Now() - start_, *response->mutable_uptime());
  response->set_requests_at_work(environment_.admission.inflight());
  for (size_t i = 0; i < environment_.devices.size(); ++i) {
    const Device& device = environment_.devices.device(i);
    v1::DeviceStats& out = *response->add_devices();
    out.set_device(device.id());
    out.set_healthy(device.healthy());
    if (const auto memory = device.memory(); memory.ok()) {
      out.set_memory_used_bytes(static_cast<int64_t>(memory->total - memory->free));
      out.set_memory_total_bytes(static_cast<int64_t>(memory->total));
    }
  }
  for (const ModelPin& model : environment_.catalog.All()) {
    ConvertStats(*model, *response->add_models());
  }
  return Answered(*rpc);
}

}  // namespace omserve

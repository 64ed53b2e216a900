// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/time/time.h"
#include "omserve/v1/control.grpc.pb.h"
#include "pipelines/base/clock.h"
#include "server/device/device_set.h"
#include "server/registry/model_repository.h"
#include "server/service/admission.h"
#include "server/service/model_catalog.h"

namespace omserve {

// What the control service looks at and acts on. Everything borrowed outlives the calls.
struct ControlEnvironment {
  ModelRepository& repository;
  const ModelCatalog& catalog;
  const Admission& admission;
  DeviceSet& devices;
  const Clock& clock;
};

// omserve.v1.Control. Nothing waits on gRPC's threads: changes are answered from the repository's.
// Owned by the server; outlives the listeners. Thread-safe.
class ControlService final : public v1::Control::CallbackService {
 public:
  explicit ControlService(const ControlEnvironment& environment);

  grpc::ServerUnaryReactor* Load(grpc::CallbackServerContext* rpc, const v1::LoadRequest* request,
                                 v1::LoadResponse* response) override;
  grpc::ServerUnaryReactor* Reload(grpc::CallbackServerContext* rpc,
                                   const v1::ReloadRequest* request,
                                   v1::ReloadResponse* response) override;
  grpc::ServerUnaryReactor* Unload(grpc::CallbackServerContext* rpc,
                                   const v1::UnloadRequest* request,
                                   v1::UnloadResponse* response) override;
  grpc::ServerUnaryReactor* Models(grpc::CallbackServerContext* rpc,
                                   const v1::ModelsRequest* request,
                                   v1::ModelsResponse* response) override;
  grpc::ServerUnaryReactor* Stats(grpc::CallbackServerContext* rpc, const v1::StatsRequest* request,
                                  v1::StatsResponse* response) override;

 private:
  using Change = void (ModelRepository::*)(std::string, std::string, ModelRepository::Done);
  template <typename Request, typename Response>
  grpc::ServerUnaryReactor* Ask(Change change, grpc::CallbackServerContext& rpc,
                                const Request& request, Response& response);

  const ControlEnvironment environment_;
  const absl::Time start_;
};

}  // namespace omserve

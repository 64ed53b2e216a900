// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/listeners.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>

#include <cstdlib>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "grpc/health/v1/health.pb.h"
#include "server/service/server_credentials.h"

namespace omserve {
namespace {

// The one health name that means "the process answers", and nothing more.
constexpr char kLiveness[] = "liveness";

void AddCommon(grpc::ServerBuilder& builder) {
  // Two processes on one port would share its traffic without a word.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  // Clients behind NAT and load balancers must ping; gRPC's default calls that abuse.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 20'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 60'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20'000);
  // Of no use to us, and a cost of every call: nobody asks for channelz, and nothing is compressed
  // on its way out.
  builder.AddChannelArgument(GRPC_ARG_ENABLE_CHANNELZ, 0);
  builder.AddChannelArgument(GRPC_ARG_ENABLE_PER_MESSAGE_COMPRESSION, 0);
}

absl::Status CannotListen(const std::string& field, const std::string& address) {
  return absl::UnavailableError(
      absl::StrCat("listeners.", field, ": cannot listen on ", address, "; is the port in use?"));
}

}  // namespace

Listeners::Listeners() = default;
Listeners::~Listeners() { Shutdown(absl::InfinitePast()); }

absl::StatusOr<std::unique_ptr<Listeners>> Listeners::Start(
    const ListenerOptions& options, const ListenedServices& main_services,
    const ListenedServices& control_services, std::vector<std::string> health_names) {
  grpc::EnableDefaultHealthCheckService(true);
  auto out = absl::WrapUnique(new Listeners());
  out->health_names_ = std::move(health_names);

  grpc::ServerBuilder health;
  AddCommon(health);
  out->nothing_ = std::make_unique<grpc::CallbackGenericService>();
  health.RegisterCallbackGenericService(out->nothing_.get());
  health.AddListeningPort(options.health_address, grpc::InsecureServerCredentials(),
                          &out->health_port_);
  out->health_ = health.BuildAndStart();
  if (out->health_ == nullptr || out->health_port_ == 0) {
    return CannotListen("health", options.health_address);
  }
  out->SetServing(false);

  // After the health listener, which answers health alone. It tells of linked messages only.
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  google::protobuf::LinkMessageReflection<grpc::health::v1::HealthCheckRequest>();
  grpc::ServerBuilder main;
  AddCommon(main);
  main.SetMaxReceiveMessageSize(options.max_message_bytes);
  main.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, 1024);
  for (grpc::Service* service : main_services.services) main.RegisterService(service);
  out->main_queues_ = std::make_unique<CallQueues>(main, main_services.queues);
  out->credentials_ = {MakeServerCredentials(options.credentials),
                       MakeServerCredentials(options.credentials)};
  main.AddListeningPort(options.grpc_address, out->credentials_[0], &out->grpc_port_);
  out->main_ = main.BuildAndStart();
  if (out->main_ == nullptr || out->grpc_port_ == 0) {
    return CannotListen("grpc", options.grpc_address);
  }
  if (main_services.queued != nullptr) out->main_queues_->Start(*main_services.queued);
  grpc::ServerBuilder control;
  AddCommon(control);
  control.SetMaxReceiveMessageSize(options.max_message_bytes);
  for (grpc::Service* service : control_services.services) control.RegisterService(service);
  out->control_queues_ = std::make_unique<CallQueues>(control, control_services.queues);
  control.AddListeningPort(options.control_address, out->credentials_[1], &out->control_port_);
  out->control_ = control.BuildAndStart();
  if (out->control_ == nullptr || out->control_port_ == 0) {
    return CannotListen("control", options.control_address);
  }
  if (control_services.queued != nullptr) out->control_queues_->Start(*control_services.queued);
  out->SetServing(false);
  return out;
}

void Listeners::SetServing(bool serving) {
  MutexLock lock(mutex_);
  serving_ = serving;
  Tell();
}

void Listeners::SetModel(const std::string& name, bool served) {
  MutexLock lock(mutex_);
  models_[name] = served;
  Tell();
}

void Listeners::Tell() {
  for (grpc::Server* server : {health_.get(), main_.get(), control_.get()}) {
    if (server == nullptr) continue;
    grpc::HealthCheckServiceInterface* health = server->GetHealthCheckService();
    if (health == nullptr) continue;
    health->SetServingStatus(kLiveness, true);
    for (const std::string& name : health_names_) health->SetServingStatus(name, serving_);
    for (const auto& [name, served] : models_) health->SetServingStatus(name, serving_ && served);
  }
}

void Listeners::Shutdown(absl::Time deadline) {
  for (grpc::Server* server : {main_.get(), control_.get(), health_.get()}) {
    if (server != nullptr) server->Shutdown(absl::ToChronoTime(deadline));
  }
  for (CallQueues* queues : {main_queues_.get(), control_queues_.get()}) {
    if (queues != nullptr) queues->Stop();
  }
}

void ChoosePolling(bool epoll) {
  setenv("GRPC_POLL_STRATEGY", epoll ? "epoll1" : "poll", /*overwrite=*/0);
}

std::string GrpcVersion() { return grpc::Version(); }

}  // namespace omserve

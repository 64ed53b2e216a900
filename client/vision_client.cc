// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/vision_client.h"

#include <google/protobuf/wrappers.pb.h>
#include <grpcpp/generic/generic_stub.h>

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"

namespace omserve::client {
namespace {

// All tokens of a big picture or a hundred PNG masks are far above gRPC's 4 MiB.
constexpr int kMaxMessageBytes = 256 << 20;

std::shared_ptr<grpc::Channel> MakeChannel(const std::string& server, const Access& access) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  arguments.SetMaxSendMessageSize(kMaxMessageBytes);
  access.Configure(arguments);
  return grpc::CreateCustomChannel(server, access.Credentials(), arguments);
}

absl::Status ToAbsl(const grpc::Status& status) {
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

std::chrono::system_clock::time_point DeadlineAfter(absl::Duration duration) {
  return absl::ToChronoTime(absl::Now() + duration);
}

// What one call needs until it ends.
template <typename Request, typename Response>
struct Call {
  grpc::ClientContext context;
  std::shared_ptr<const Request> request;
  Response response;
  VisionClient::Done<Response> done;
};

}  // namespace

VisionClient::VisionClient(VisionClientOptions options)
    : options_(std::move(options)),
      channel_(MakeChannel(options_.server, options_.access)),
      stub_(v1::Vision::NewStub(channel_)),
      in_flight_(options_.max_in_flight) {}

VisionClient::~VisionClient() { WaitUntilIdle(); }

void VisionClient::Prepare(grpc::ClientContext& context, absl::Duration more) const {
  context.set_deadline(DeadlineAfter(options_.deadline + more));
  options_.access.Sign(context);
  if (options_.budget > absl::ZeroDuration()) {
    context.AddMetadata("omserve-budget-ms",
                        absl::StrCat(absl::ToDoubleMilliseconds(options_.budget)));
  }
  if (!options_.priority.empty()) {
    context.AddMetadata("omserve-priority", options_.priority);
  }
}

absl::Status VisionClient::DetectStream(const FramePlan& plan) {
  grpc::ClientContext context;
  Prepare(context, plan.count * plan.interval);
  return StreamFrames(*stub_, context, plan);
}

template <typename Request, typename Response, typename Start>
void VisionClient::Begin(std::shared_ptr<const Request> request, Done<Response> done, Start start) {
  in_flight_.Acquire();
  // Shared, because std::function must be copyable.
  auto call = std::make_shared<Call<Request, Response>>();
  call->request = std::move(request);
  call->done = std::move(done);
  Prepare(call->context);
  auto& held = *call;
  start(held, [this, call = std::move(call)](const grpc::Status& status) mutable {
    if (status.ok()) {
      call->done(std::move(call->response));
    } else {
      call->done(ToAbsl(status));
    }
    // The context holds the channel, and the last owner of a channel joins gRPC's callback
    // threads: that must be whoever destroys the client, never this thread.
    call.reset();
    in_flight_.Release();
  });
}

void VisionClient::Detect(std::shared_ptr<const v1::DetectRequest> request,
                          Done<v1::DetectResponse> done) {
  Begin<v1::DetectRequest, v1::DetectResponse>(
      std::move(request), std::move(done), [this](auto& call, auto callback) {
        stub_->async()->Detect(&call.context, call.request.get(), &call.response,
                               std::move(callback));
      });
}

void VisionClient::Embed(std::shared_ptr<const v1::EmbedRequest> request,
                         Done<v1::EmbedResponse> done) {
  Begin<v1::EmbedRequest, v1::EmbedResponse>(
      std::move(request), std::move(done), [this](auto& call, auto callback) {
        stub_->async()->Embed(&call.context, call.request.get(), &call.response,
                              std::move(callback));
      });
}

void VisionClient::ReadText(std::shared_ptr<const v1::ReadTextRequest> request,
                            Done<v1::ReadTextResponse> done) {
  Begin<v1::ReadTextRequest, v1::ReadTextResponse>(
      std::move(request), std::move(done), [this](auto& call, auto callback) {
        stub_->async()->ReadText(&call.context, call.request.get(), &call.response,
                                 std::move(callback));
      });
}

void VisionClient::WaitUntilIdle() { in_flight_.WaitUntilEmpty(); }

absl::StatusOr<v1::ListModelsResponse> VisionClient::ListModels() {
  grpc::ClientContext context;
  context.set_deadline(DeadlineAfter(options_.deadline));
  options_.access.Sign(context);
  v1::ListModelsResponse response;
  const grpc::Status status = stub_->ListModels(&context, v1::ListModelsRequest(), &response);
  if (!status.ok()) {
    return ToAbsl(status);
  }
  return response;
}

absl::StatusOr<Health> VisionClient::CheckHealth(const std::string& service) {
  // HealthCheckRequest is {string service = 1} and HealthCheckResponse {enum status = 1}, on the
  // wire the same as these wrappers; no copy of health.proto is needed.
  using Request = google::protobuf::StringValue;
  using Response = google::protobuf::Int32Value;
  grpc::TemplatedGenericStub<Request, Response> stub(channel_);
  grpc::ClientContext context;
  context.set_deadline(DeadlineAfter(options_.deadline));
  options_.access.Sign(context);
  Request request;
  request.set_value(service);
  Response response;
  grpc::Status status;
  absl::Notification ended;
  stub.UnaryCall(&context, "/grpc.health.v1.Health/Check", grpc::StubOptions(), &request, &response,
                 [&status, &ended](grpc::Status answer) {
                   status = std::move(answer);
                   ended.Notify();
                 });
  ended.WaitForNotification();
  if (!status.ok()) {
    return ToAbsl(status);
  }
  switch (response.value()) {
    case 1:
      return Health::kServing;
    case 2:
      return Health::kNotServing;
    default:
      return Health::kUnknown;
  }
}

}  // namespace omserve::client

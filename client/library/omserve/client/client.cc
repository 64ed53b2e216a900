// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "omserve/client/client.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/support/channel_arguments.h>

#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/mutex.h"

namespace omserve::client {
namespace {

constexpr absl::Duration kPingTimeout = absl::Seconds(10);

int Milliseconds(absl::Duration duration) {
  return static_cast<int>(absl::ToInt64Milliseconds(duration));
}

// grpc.health.v1 is watched on every connection; a server without it counts as ready.
std::string ServiceConfig(bool round_robin) {
  return absl::StrCat(R"({"loadBalancingConfig":[{")", round_robin ? "round_robin" : "pick_first",
                      R"(":{}}],"healthCheckConfig":{"serviceName":""}})");
}

std::shared_ptr<grpc::Channel> Connect(const ClientOptions& options, const Access& access) {
  grpc::ChannelArguments arguments;
  arguments.SetServiceConfigJSON(ServiceConfig(options.round_robin));
  // The config is ours; none is asked for in the DNS.
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  arguments.SetMaxReceiveMessageSize(options.max_message_bytes);
  arguments.SetMaxSendMessageSize(options.max_message_bytes);
  if (options.keep_alive > absl::ZeroDuration()) {
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, Milliseconds(options.keep_alive));
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, Milliseconds(kPingTimeout));
    arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
    arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  }
  access.Configure(arguments);
  return grpc::CreateCustomChannel(options.target, access.Credentials(), arguments);
}

absl::Status Check(const ClientOptions& options) {
  const auto wrong = [](const char* what) { return absl::InvalidArgumentError(what); };
  if (options.target.empty()) return wrong("target: must be set, for example host:8500");
  if (options.deadline <= absl::ZeroDuration()) return wrong("deadline: must be above zero");
  if (options.keep_alive < absl::ZeroDuration() || options.keep_alive > absl::Hours(24)) {
    return wrong("keep_alive: must be between zero and a day");
  }
  if (options.max_in_flight < 1) return wrong("max_in_flight: must be at least 1");
  if (options.max_message_bytes < 1) return wrong("max_message_bytes: must be at least 1");
  return absl::OkStatus();
}

// What one call needs until it ends.
template <typename Request, typename Response>
struct State {
  grpc::ClientContext context;
  Request request;
  Response response;
  Client::Done<Response> done;
};

template <typename Response>
std::pair<Client::Done<Response>, Client::Future<Response>> Promised() {
  // Shared, because std::function must be copyable.
  auto promise = std::make_shared<std::promise<absl::StatusOr<Response>>>();
  auto future = promise->get_future();
  return {[promise](absl::StatusOr<Response> answer) { promise->set_value(std::move(answer)); },
          std::move(future)};
}

}  // namespace

struct Client::Parts {
  Parts(const ClientOptions& given, Access loaded)
      : options(given),
        access(std::move(loaded)),
        channel(Connect(options, access)),
        stub(v1::Vision::NewStub(channel)) {}

  void Prepare(grpc::ClientContext& context, const CallOptions& call,
               absl::Duration deadline) const {
    if (deadline < absl::InfiniteDuration()) {
      context.set_deadline(absl::ToChronoTime(absl::Now() + deadline));
    }
    if (call.budget > absl::ZeroDuration()) {
      context.AddMetadata("omserve-budget-ms",
                          absl::StrCat(absl::ToDoubleMilliseconds(call.budget)));
    }
    if (!call.priority.empty()) context.AddMetadata("omserve-priority", call.priority);
    access.Sign(context);
  }

  bool Enter() {
    MutexLock lock(mutex);
    if (in_flight >= options.max_in_flight) return false;
    ++in_flight;
    return true;
  }
  void Leave() {
    MutexLock lock(mutex);
    if (--in_flight == 0) idle.NotifyAll();
  }
  void WaitUntilIdle() {
    MutexLock lock(mutex);
    while (in_flight > 0) idle.WaitFor(mutex, absl::Minutes(1));
  }

  template <typename Request, typename Response, typename Start>
  Call Begin(Request request, Done<Response> done, const CallOptions& call, Start start);

  const ClientOptions options;
  const Access access;
  const std::shared_ptr<grpc::Channel> channel;
  const std::unique_ptr<v1::Vision::Stub> stub;
  Mutex mutex;
  CondVar idle;
  int in_flight ABSL_GUARDED_BY(mutex) = 0;
};

template <typename Request, typename Response, typename Start>
Call Client::Parts::Begin(Request request, Done<Response> done, const CallOptions& call,
                          Start start) {
  if (!Enter()) {
    done(absl::ResourceExhaustedError(
        absl::StrCat("max_in_flight: ", options.max_in_flight,
                     " calls of this client are not answered yet; wait for one")));
    return Call();
  }
  auto state = std::make_shared<State<Request, Response>>();
  state->request = std::move(request);
  state->done = std::move(done);
  Prepare(state->context, call,
          call.deadline > absl::ZeroDuration() ? call.deadline : options.deadline);
  const std::shared_ptr<grpc::ClientContext> context(state, &state->context);
  auto& held = *state;
  start(held, [this, state = std::move(state)](const grpc::Status& status) mutable {
    if (status.ok()) {
      state->done(std::move(state->response));
    } else {
      state->done(ToStatus(status, state->context));
    }
    // The context holds the channel, and the last owner of a channel joins gRPC's callback
    // threads: that must be whoever destroys the client, never this thread.
    state.reset();
    Leave();
  });
  return Call(context);
}

absl::StatusOr<std::unique_ptr<Client>> Client::Create(const ClientOptions& options) {
  if (absl::Status status = Check(options); !status.ok()) return status;
  absl::StatusOr<Access> access = Access::Load(options.access);
  if (!access.ok()) return access.status();
  return absl::WrapUnique(new Client(std::make_unique<Parts>(options, *std::move(access))));
}

Client::Client(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Client::~Client() { parts_->WaitUntilIdle(); }

Call Client::Detect(v1::DetectRequest request, Done<v1::DetectResponse> done,
                    const CallOptions& options) {
  return parts_->Begin<v1::DetectRequest, v1::DetectResponse>(
      std::move(request), std::move(done), options, [this](auto& call, auto ended) {
        parts_->stub->async()->Detect(&call.context, &call.request, &call.response,
                                      std::move(ended));
      });
}

Call Client::Embed(v1::EmbedRequest request, Done<v1::EmbedResponse> done,
                   const CallOptions& options) {
  return parts_->Begin<v1::EmbedRequest, v1::EmbedResponse>(
      std::move(request), std::move(done), options, [this](auto& call, auto ended) {
        parts_->stub->async()->Embed(&call.context, &call.request, &call.response,
                                     std::move(ended));
      });
}

Call Client::ReadText(v1::ReadTextRequest request, Done<v1::ReadTextResponse> done,
                      const CallOptions& options) {
  return parts_->Begin<v1::ReadTextRequest, v1::ReadTextResponse>(
      std::move(request), std::move(done), options, [this](auto& call, auto ended) {
        parts_->stub->async()->ReadText(&call.context, &call.request, &call.response,
                                        std::move(ended));
      });
}

Call Client::ListModels(Done<v1::ListModelsResponse> done, const CallOptions& options) {
  return parts_->Begin<v1::ListModelsRequest, v1::ListModelsResponse>(
      v1::ListModelsRequest(), std::move(done), options, [this](auto& call, auto ended) {
        parts_->stub->async()->ListModels(&call.context, &call.request, &call.response,
                                          std::move(ended));
      });
}

Client::Future<v1::DetectResponse> Client::Detect(v1::DetectRequest request,
                                                  const CallOptions& options) {
  auto [done, future] = Promised<v1::DetectResponse>();
  Detect(std::move(request), std::move(done), options);
  return std::move(future);
}

Client::Future<v1::EmbedResponse> Client::Embed(v1::EmbedRequest request,
                                                const CallOptions& options) {
  auto [done, future] = Promised<v1::EmbedResponse>();
  Embed(std::move(request), std::move(done), options);
  return std::move(future);
}

Client::Future<v1::ReadTextResponse> Client::ReadText(v1::ReadTextRequest request,
                                                      const CallOptions& options) {
  auto [done, future] = Promised<v1::ReadTextResponse>();
  ReadText(std::move(request), std::move(done), options);
  return std::move(future);
}

Client::Future<v1::ListModelsResponse> Client::ListModels(const CallOptions& options) {
  auto [done, future] = Promised<v1::ListModelsResponse>();
  ListModels(std::move(done), options);
  return std::move(future);
}

std::unique_ptr<DetectStream> Client::OpenDetectStream(DetectStream::Events events,
                                                       const CallOptions& options) {
  auto context = std::make_unique<grpc::ClientContext>();
  parts_->Prepare(
      *context, options,
      options.deadline > absl::ZeroDuration() ? options.deadline : absl::InfiniteDuration());
  return absl::WrapUnique(new DetectStream(*parts_->stub, std::move(context), std::move(events)));
}

bool Client::WaitForServer(absl::Duration patience) {
  return parts_->channel->WaitForConnected(absl::ToChronoTime(absl::Now() + patience));
}

const std::shared_ptr<grpc::Channel>& Client::channel() const { return parts_->channel; }
void Client::Sign(grpc::ClientContext& context) const { parts_->access.Sign(context); }

}  // namespace omserve::client

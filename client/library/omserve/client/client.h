// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <functional>
#include <future>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "omserve/client/access.h"
#include "omserve/client/call.h"
#include "omserve/client/detect_stream.h"
#include "omserve/v1/vision.grpc.pb.h"

namespace omserve::client {

// How a client reaches its servers. A value.
struct ClientOptions {
  // A target of gRPC: "host:port", "dns:///name:port" (all addresses of the name),
  // "ipv4:10.0.0.1:8500,10.0.0.2:8500", "unix:/path".
  std::string target = "127.0.0.1:8500";
  AccessOptions access = {};
  // Of a call, from its start to its answer; above zero.
  absl::Duration deadline = absl::Seconds(60);
  // Spread calls over all addresses of the target, one after the other; a server whose health says
  // that it is not ready (draining, no device) gets none. Else the first that answers gets all.
  bool round_robin = true;
  // A ping when a connection has been silent for so long, so that NATs keep it and a dead peer is
  // found within 10 s more; zero: none. omserve allows 20 s and above.
  absl::Duration keep_alive = absl::Seconds(30);
  // Calls that are begun and not answered; one more is RESOURCE_EXHAUSTED at once. At least 1.
  int max_in_flight = 1024;
  // Of a message, either way.
  int max_message_bytes = 256 << 20;
};

// A client of omserve.v1.Vision: connections to one server or to all behind a name. Connects when
// first needed, and again by itself. Thread-safe.
//
// Every call ends: with the answer, or with a status, which is the server's or gRPC's, code and
// text unchanged. UNAVAILABLE: nobody answers, or the server is draining; DEADLINE_EXCEEDED: at its
// deadline; CANCELLED: by Call::Cancel; RESOURCE_EXHAUSTED: the server is full (RetryAfter tells
// when to come again), or max_in_flight; UNAUTHENTICATED and PERMISSION_DENIED: who calls is not
// known, or may not; INVALID_ARGUMENT and NOT_FOUND name the field or the model. Nothing is sent
// twice, but for what gRPC knows no server has seen.
//
// 'done' runs once, on a thread of gRPC (on the caller's if the call cannot begin). It must be
// short: it delays other answers. It may begin calls; it must not destroy the client or wait for
// another call. It must not throw.
class Client {
 public:
  template <typename Response>
  using Done = std::function<void(absl::StatusOr<Response>)>;
  template <typename Response>
  using Future = std::future<absl::StatusOr<Response>>;

  // Errors: those of Access::Load, and INVALID_ARGUMENT naming the option. Does not wait for a
  // connection.
  static absl::StatusOr<std::unique_ptr<Client>> Create(const ClientOptions& options);
  // Blocks until every call and 'done' has ended, which the deadlines bound. Streams must have
  // gone.
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Begin a call and return at once. See vision.proto for requests and answers.
  Call Detect(v1::DetectRequest request, Done<v1::DetectResponse> done,
              const CallOptions& options = {});
  Call Embed(v1::EmbedRequest request, Done<v1::EmbedResponse> done,
             const CallOptions& options = {});
  Call ReadText(v1::ReadTextRequest request, Done<v1::ReadTextResponse> done,
                const CallOptions& options = {});
  Call ListModels(Done<v1::ListModelsResponse> done, const CallOptions& options = {});

  // The same with a future, which need not be waited for.
  Future<v1::DetectResponse> Detect(v1::DetectRequest request, const CallOptions& options = {});
  Future<v1::EmbedResponse> Embed(v1::EmbedRequest request, const CallOptions& options = {});
  Future<v1::ReadTextResponse> ReadText(v1::ReadTextRequest request,
                                        const CallOptions& options = {});
  Future<v1::ListModelsResponse> ListModels(const CallOptions& options = {});

  // Opens a stream for the frames of one live video. options.deadline is that of the whole stream;
  // zero: none. The client outlives it.
  std::unique_ptr<DetectStream> OpenDetectStream(DetectStream::Events events,
                                                 const CallOptions& options = {});

  // Blocks until a server is connected and ready, or until 'patience' has passed; whether one is.
  bool WaitForServer(absl::Duration patience);

  // For stubs of other services of the same servers, Control or KServe v2: the channel, and what
  // every call must be given for the token.
  const std::shared_ptr<grpc::Channel>& channel() const;
  void Sign(grpc::ClientContext& context) const;

 private:
  struct Parts;
  explicit Client(std::unique_ptr<Parts> parts);
  const std::unique_ptr<Parts> parts_;
};

}  // namespace omserve::client

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/grpcpp.h>

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/frame_stream.h"
#include "client/in_flight_limit.h"
#include "omserve/client/access.h"
#include "omserve/v1/vision.grpc.pb.h"

namespace omserve::client {

struct VisionClientOptions {
  std::string server = "127.0.0.1:8500";        // host:port
  int max_in_flight = 4;                        // calls of Detect and Embed, at least 1
  absl::Duration deadline = absl::Seconds(60);  // of every call, from its start
  // What the server is told, if anything: how long a request or frame may take there, and
  // "interactive" or "batch".
  absl::Duration budget = absl::ZeroDuration();
  std::string priority = {};
  Access access = {};
};

enum class Health { kUnknown, kServing, kNotServing };

// A channel to one omserve. Every error is the server's or gRPC's status, code and message
// unchanged: UNAVAILABLE when nobody answers, DEADLINE_EXCEEDED after options.deadline, and what
// vision.proto lists. Thread-safe. The destructor waits for the calls in flight.
class VisionClient {
 public:
  template <typename Response>
  using Done = std::function<void(absl::StatusOr<Response>)>;

  explicit VisionClient(VisionClientOptions options);
  ~VisionClient();
  VisionClient(const VisionClient&) = delete;
  VisionClient& operator=(const VisionClient&) = delete;

  // Starts a call; blocks only while max_in_flight calls are in flight. 'done' runs once, on a
  // thread of gRPC; it must be short and must not start a call on this client. The request is
  // shared so that one request may be sent many times without a copy; it is not changed.
  void Detect(std::shared_ptr<const v1::DetectRequest> request, Done<v1::DetectResponse> done);
  void Embed(std::shared_ptr<const v1::EmbedRequest> request, Done<v1::EmbedResponse> done);
  void ReadText(std::shared_ptr<const v1::ReadTextRequest> request,
                Done<v1::ReadTextResponse> done);
  // Runs one video stream; see StreamFrames. options.deadline counts from when the last frame is
  // due.
  absl::Status DetectStream(const FramePlan& plan);
  // Blocks until every started call has ended and its 'done' has returned.
  void WaitUntilIdle();

  // Blocks for the answer.
  absl::StatusOr<v1::ListModelsResponse> ListModels();
  // grpc.health.v1.Health/Check; the whole server for an empty name. Blocks for the answer.
  // NOT_FOUND: the server knows no such service.
  absl::StatusOr<Health> CheckHealth(const std::string& service);

 private:
  // Deadline and metadata of a call that goes on for 'more' beside the deadline.
  void Prepare(grpc::ClientContext& context, absl::Duration more = absl::ZeroDuration()) const;
  template <typename Request, typename Response, typename Start>
  void Begin(std::shared_ptr<const Request> request, Done<Response> done, Start start);

  const VisionClientOptions options_;
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<v1::Vision::Stub> stub_;
  InFlightLimit in_flight_;
};

}  // namespace omserve::client

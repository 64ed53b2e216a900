// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/support/server_callback.h>

#include "absl/status/status.h"
#include "server/service/request_run.h"
#include "server/service/retry_info.h"
#include "server/service/trailing_metadata.h"

namespace omserve {

// One unary RPC. Begin and OnCancel run on gRPC's threads and neither decode nor wait. Owns itself:
// born in the handler, gone in OnDone, which gRPC calls after Finish.
template <typename Method>
class UnaryCall final : public grpc::ServerUnaryReactor {
 public:
  using Request = typename Method::Request;
  using Response = typename Method::Response;

  // 'request' and 'response' are gRPC's and live until OnDone. 'fallback' counts the requests that
  // name no model of ours.
  static grpc::ServerUnaryReactor* Start(const CallEnvironment& environment,
                                         const RequestMetrics& fallback,
                                         grpc::CallbackServerContext& rpc, const Request& request,
                                         Response& response) {
    auto* call = new UnaryCall(environment, fallback, rpc);
    // From here on the call may end, and be gone, on another thread.
    call->run_.Begin(request, response,
                     [call](const absl::Status& status) { call->Complete(status); });
    return call;
  }

 private:
  UnaryCall(const CallEnvironment& environment, const RequestMetrics& fallback,
            grpc::CallbackServerContext& rpc)
      : rpc_(rpc),
        run_(environment, fallback, ParseCallTerms(rpc.client_metadata()), rpc.deadline()) {}

  // Nothing may touch the call after Finish.
  void Complete(const absl::Status& status) {
    AddRetryHint(status, run_.retry_after(), rpc_);
    AddElapsed(status, run_.elapsed(), rpc_);
    AddTrace(run_.trace(), rpc_);
    Finish(WithRetryInfo(ToGrpcStatus(status), run_.retry_after()));
  }

  void OnCancel() override { run_.Cancel(); }
  void OnDone() override { delete this; }

  grpc::CallbackServerContext& rpc_;
  RequestRun<Method> run_;  // until OnDone: the answer has been handed over
};

}  // namespace omserve

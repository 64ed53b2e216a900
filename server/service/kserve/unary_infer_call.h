// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <memory>

#include "server/service/kserve/infer_call.h"

namespace omserve::kserve {

// One ModelInfer RPC. Owns itself: born in the handler, gone in OnDone, which gRPC calls after
// Finish. Thread-safe.
class UnaryInferCall final : public grpc::ServerUnaryReactor {
 public:
  // 'request' and 'response' are gRPC's and live until OnDone.
  static grpc::ServerUnaryReactor* Start(const InferEnvironment& environment,
                                         grpc::CallbackServerContext& rpc,
                                         const grpc::ByteBuffer& request,
                                         grpc::ByteBuffer& response);

 private:
  UnaryInferCall(grpc::CallbackServerContext& rpc, std::unique_ptr<InferCall> call)
      : rpc_(rpc), call_(std::move(call)) {}

  // Nothing may touch the call after Finish.
  void Complete(const absl::Status& status);

  void OnCancel() override { call_->Cancel(); }
  void OnDone() override { delete this; }

  grpc::CallbackServerContext& rpc_;
  const std::unique_ptr<InferCall> call_;  // until OnDone: the answer has been handed over
};

}  // namespace omserve::kserve

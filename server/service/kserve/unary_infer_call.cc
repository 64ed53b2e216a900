// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/kserve/unary_infer_call.h"

#include <utility>

#include "server/service/status_conversion.h"
#include "server/service/trailing_metadata.h"

namespace omserve::kserve {

grpc::ServerUnaryReactor* UnaryInferCall::Start(const InferEnvironment& environment,
                                                grpc::CallbackServerContext& rpc,
                                                const grpc::ByteBuffer& request,
                                                grpc::ByteBuffer& response) {
  auto* call = new UnaryInferCall(
      rpc, InferCall::Make(environment, InferMessage::Parse(request),
                           ParseCallTerms(rpc.client_metadata()), rpc.deadline()));
  // From here on the call may end, and be gone, on another thread.
  call->call_->Begin([call, &response](const absl::Status& status, InferAnswer answer) {
    if (status.ok()) response = answer.Release(/*in_stream=*/false);
    call->Complete(status);
  });
  return call;
}

void UnaryInferCall::Complete(const absl::Status& status) {
  AddRetryHint(status, call_->retry_after(), rpc_);
  AddElapsed(status, call_->elapsed(), rpc_);
  AddTrace(call_->trace(), rpc_);
  Finish(ToGrpcStatus(status));
}

}  // namespace omserve::kserve

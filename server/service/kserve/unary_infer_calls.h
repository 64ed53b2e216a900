// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>

#include "server/batching/batch_engine.h"
#include "server/service/call_queues.h"
#include "server/service/kserve/generated_service.h"
#include "server/service/kserve/infer_call.h"

namespace omserve::kserve {

// The ModelInfer RPCs of one completion queue. What arrives together is submitted together. All but
// the answers on the queue's thread.
class UnaryInferCalls final : public QueuedCalls {
 public:
  // All outlive the object; 'engine' may be null.
  UnaryInferCalls(const InferEnvironment& environment, InferenceServiceBase& service,
                  grpc::ServerCompletionQueue& queue, BatchEngine* engine)
      : environment_(environment), service_(service), queue_(queue), engine_(engine) {}

  void Begin() override;
  bool crowded() const override { return open_ > 0; }
  void Handle(absl::FunctionRef<void()> events) override;

 private:
  class Call;
  void Ask();

  const InferEnvironment& environment_;
  InferenceServiceBase& service_;
  grpc::ServerCompletionQueue& queue_;
  BatchEngine* const engine_;
  int open_ = 0;  // calls that came and have not gone
};

}  // namespace omserve::kserve

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
  bool crowded() const override { return open_ > 0 && gathered_ < kMostGathered; }
  void Handle(absl::FunctionRef<void()> events) override;

 private:
  class Call;
  // Bytes of requests that wait for others of their burst: reading more would keep the device idle.
  static constexpr size_t kMostGathered = 64 << 10;

  void Ask();

  const InferEnvironment& environment_;
  InferenceServiceBase& service_;
  grpc::ServerCompletionQueue& queue_;
  BatchEngine* const engine_;
  int open_ = 0;  // calls that came and have not gone
  bool bursting_ = false;
  size_t gathered_ = 0;  // bytes, in the burst
};

}  // namespace omserve::kserve

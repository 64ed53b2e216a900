// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/metrics/server_metrics.h"
#include "server/service/call_environment.h"
#include "server/service/call_terms.h"
#include "server/service/kserve/infer_answer.h"
#include "server/service/kserve/infer_message.h"
#include "server/tracing/trace_context.h"

namespace omserve::kserve {

// What every inference needs. Everything borrowed outlives the calls.
struct InferEnvironment {
  const CallEnvironment& calls;
  const RequestMetrics& fallback;  // for requests that name no model of ours
};

// One ModelInferRequest from the message to its answer, whatever RPC it came with. Owned by the
// RPC. Cancel may come at any time and on any thread, the rest is thread-compatible.
class InferCall {
 public:
  // The answer is only there when the status is OK.
  using Done = absl::AnyInvocable<void(const absl::Status&, InferAnswer)>;

  virtual ~InferCall() = default;
  // To be called once. 'done' runs once: inside the call when the request is refused or brief, else
  // on a host worker or a thread of the device. The call may be destroyed from there on.
  virtual void Begin(Done done) = 0;
  // The caller has gone.
  virtual void Cancel() = 0;
  // When to come again, after RESOURCE_EXHAUSTED.
  virtual absl::Duration retry_after() const = 0;
  // Since its arrival.
  virtual absl::Duration elapsed() const = 0;

  // Its span, as RequestRun::trace.
  virtual std::optional<TraceContext> trace() const = 0;

  // Of the request, also when it was refused; empty when it could not be read.
  const std::string& id() const { return id_; }

  // Never null: what is refused is told by Begin. 'terms' are those of the metadata.
  static std::unique_ptr<InferCall> Make(const InferEnvironment& environment,
                                         absl::StatusOr<InferMessage> message,
                                         const absl::StatusOr<CallTerms>& terms,
                                         std::chrono::system_clock::time_point wire_deadline);

 protected:
  explicit InferCall(std::string id) : id_(std::move(id)) {}

 private:
  const std::string id_;
};

}  // namespace omserve::kserve

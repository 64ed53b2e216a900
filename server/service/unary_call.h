// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/support/server_callback.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "pipelines/base/executor.h"
#include "pipelines/base/request_context.h"
#include "pipelines/base/status_macros.h"
#include "pipelines/base/task.h"
#include "server/service/admission.h"
#include "server/service/answer_conversion.h"
#include "server/service/model_catalog.h"
#include "server/service/request_checks.h"
#include "server/service/request_record.h"
#include "server/service/status_conversion.h"
#include "spdlog/spdlog.h"

namespace omserve {

// What every call needs. Everything borrowed outlives the calls.
struct CallEnvironment {
  const ModelCatalog& catalog;
  Executor& executor;
  const Clock& clock;
  Admission& admission;
  absl::Duration default_deadline;
};

// One unary RPC from the wire to the answer. Begin and OnCancel run on gRPC's threads and neither
// decode nor wait; the pipeline runs on host workers. Owns itself: born in the handler, gone in
// OnDone, which gRPC calls after Finish. 'Method' says what Detect and Embed do differently.
template <typename Method>
class UnaryCall final : public grpc::ServerUnaryReactor {
 public:
  using Request = typename Method::Request;
  using Response = typename Method::Response;
  using Result = absl::StatusOr<typename Method::Result>;

  // 'request' and 'response' are gRPC's and live until OnDone. 'fallback' counts the requests that
  // name no model of ours.
  static grpc::ServerUnaryReactor* Start(const CallEnvironment& environment,
                                         const RequestMetrics& fallback,
                                         grpc::CallbackServerContext& rpc, const Request& request,
                                         Response& response) {
    auto* call = new UnaryCall(environment, fallback, rpc, request, response);
    // From here on the call may end, and be gone, on another thread.
    call->Begin();
    return call;
  }

 private:
  UnaryCall(const CallEnvironment& environment, const RequestMetrics& fallback,
            grpc::CallbackServerContext& rpc, const Request& request, Response& response)
      : environment_(environment),
        metrics_(&fallback),
        rpc_(rpc),
        request_(request),
        response_(response),
        received_(environment.clock.Now()),
        context_(environment.clock, Deadline(environment, rpc, received_)) {}

  static absl::Time Deadline(const CallEnvironment& environment,
                             const grpc::CallbackServerContext& rpc, absl::Time received) {
    const auto wire = rpc.deadline();
    if (wire == std::chrono::system_clock::time_point::max()) {
      return received + environment.default_deadline;
    }
    return absl::FromChrono(wire);
  }

  void Begin() {
    if (absl::Status status = Prepare(); !status.ok()) {
      Complete(std::move(status));
      return;
    }
    environment_.executor.Post([this] { Run(); });
  }

  absl::Status Prepare() {
    OMSERVE_ASSIGN_OR_RETURN(
        model_, environment_.catalog.Find<typename Method::Pipeline>(request_.model()));
    metrics_ = &model_->metrics;
    OMSERVE_RETURN_IF_ERROR(CheckRequestId(request_.request_id()));
    OMSERVE_ASSIGN_OR_RETURN(options_, Method::CheckOptions(request_, pipeline()));
    OMSERVE_ASSIGN_OR_RETURN(input_, Method::CheckInput(request_, model_->limits));
    OMSERVE_ASSIGN_OR_RETURN(Admission::Ticket ticket, environment_.admission.Enter());
    ticket_.emplace(std::move(ticket));
    metrics_->inflight->Increment();
    context_.set_trace_id(request_.request_id());
    return absl::OkStatus();
  }

  // On a host worker.
  void Run() {
    if (absl::Status status = context_.Check(); !status.ok()) {
      Complete(std::move(status));
      return;
    }
    omserve::Start<Result>(Method::Run(pipeline(), *model_->runner, context_, input_, options_),
                           [this](Result result) { Answer(std::move(result)); });
  }

  void Answer(Result result) {
    if (!result.ok()) {
      Complete(std::move(result).status());
      return;
    }
    Method::Convert(*std::move(result), *model_, response_);
    response_.set_model(model_->name);
    response_.set_request_id(request_.request_id());
    Complete(absl::OkStatus());
  }

  // The one end of every call; nothing may touch the call after Finish.
  void Complete(absl::Status status) {
    const absl::Time now = environment_.clock.Now();
    // gRPC cancels a call whose time is up; the cause is what counts.
    if (absl::IsCancelled(status) && now >= context_.deadline()) {
      status = absl::DeadlineExceededError("the deadline has passed");
    }
    if (status.ok()) {
      ConvertTiming(received_, now, context_.timings(), *response_.mutable_timing());
    } else if (absl::IsResourceExhausted(status)) {
      rpc_.AddTrailingMetadata("retry-after-ms",
                               absl::StrCat(absl::ToInt64Milliseconds(Admission::kRetryAfter)));
    }
    Log(status);
    RecordRequest(*metrics_, status, now - received_, context_.timings(),
                  environment_.admission.closed());
    Finish(ToGrpcStatus(status));
  }

  // Failures of ours; those of the caller are in its hands and in the metrics.
  void Log(const absl::Status& status) const {
    const grpc::Status wire = ToGrpcStatus(status);
    const bool ours = wire.error_code() == grpc::StatusCode::INTERNAL ||
                      wire.error_code() == grpc::StatusCode::UNKNOWN ||
                      wire.error_code() == grpc::StatusCode::DATA_LOSS ||
                      wire.error_code() == grpc::StatusCode::FAILED_PRECONDITION ||
                      wire.error_code() == grpc::StatusCode::UNAVAILABLE;
    if (!ours || environment_.admission.closed()) return;
    spdlog::error("{} failed: model={} request_id={} status={}", std::string(Method::kName),
                  model_ == nullptr ? std::string() : model_->name,
                  absl::CHexEscape(request_.request_id()), status.ToString());
  }

  void OnCancel() override { context_.Cancel(); }
  void OnDone() override {
    if (ticket_) metrics_->inflight->Decrement();
    delete this;
  }

  const typename Method::Pipeline& pipeline() const {
    return std::get<typename Method::Pipeline>(model_->pipeline);
  }

  const CallEnvironment& environment_;
  const RequestMetrics* metrics_;
  grpc::CallbackServerContext& rpc_;
  const Request& request_;
  Response& response_;
  const absl::Time received_;
  RequestContext context_;
  const ServedModel* model_ = nullptr;
  typename Method::Options options_;
  typename Method::Input input_;
  std::optional<Admission::Ticket> ticket_;  // until OnDone: the answer has been handed over
};

}  // namespace omserve

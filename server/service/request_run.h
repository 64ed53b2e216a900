// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pipelines/base/mutex.h"
#include "pipelines/base/request_context.h"
#include "pipelines/base/status_macros.h"
#include "pipelines/base/task.h"
#include "server/service/call_environment.h"
#include "server/service/call_terms.h"
#include "server/service/request_record.h"
#include "server/service/status_conversion.h"
#include "server/service/vision_methods.h"
#include "server/tracing/tracer.h"

namespace omserve {

// One request from the wire to its answer, whatever RPC it came with: checks it, asks to be let in,
// runs the pipeline on host workers (again from the start when the device with its tensors was
// lost), and counts it. Nothing is decoded, and nothing waits, in Begin and Cancel. Owned by the
// RPC. Cancel may come at any time and on any thread, the rest is thread-compatible.
template <typename Method>
class RequestRun {
 public:
  using Request = typename Method::Request;
  using Response = typename Method::Response;
  using Result = absl::StatusOr<typename Method::Result>;
  using Done = absl::AnyInvocable<void(const absl::Status&)>;

  // Times that a pipeline runs again: a device that fails takes its requests' tensors along, and
  // the next one may fail, too.
  static constexpr int kMaxRestarts = 2;

  // 'terms' that are not ok refuse the request. 'fallback' counts requests that name no model of
  // ours. 'stream' as in RequestContext.
  RequestRun(const CallEnvironment& environment, const RequestMetrics& fallback,
             const absl::StatusOr<CallTerms>& terms,
             std::chrono::system_clock::time_point wire_deadline, int64_t stream = 0)
      : environment_(environment),
        metrics_(&fallback),
        terms_status_(terms.status()),
        received_(environment.clock.Now()),
        stream_(stream),
        context_(environment.clock, BudgetEnd(terms.ok() ? *terms : CallTerms(), wire_deadline,
                                              received_, environment.default_deadline)) {
    if (terms.ok()) parent_ = terms->parent;
    if (environment.tracer != nullptr) {
      trace_ = environment.tracer->Begin(parent_);
      context_.set_traced(trace_.sampled);
    }
    if (terms.ok()) context_.set_priority(terms->priority);
    context_.set_stream(stream_);
  }
  RequestRun(const RequestRun&) = delete;
  RequestRun& operator=(const RequestRun&) = delete;
  ~RequestRun() {
    if (inflight_ != nullptr) inflight_->Decrement();
  }

  // Frames of a stream are decoded side by side, so that the older one may come to the scheduler
  // last and take the place of the newer. 'wanted' is asked on a host worker when that gave a
  // request up for another one of its stream: true runs it again. REQUIRES: before Begin.
  void SetStillWanted(absl::AnyInvocable<bool()> wanted) { still_wanted_ = std::move(wanted); }

  // To be called at most once. 'done' runs once: inside the call when the request is refused, or
  // when it begins at once and is brief; else on a host worker or a thread of the device. The run
  // may be destroyed from there on; until then 'request' and 'response' must live. Errors are as
  // the service's contract has them, in our own words.
  void Begin(const Request& request, Response& response, Done done) {
    request_ = &request;
    response_ = &response;
    done_ = std::move(done);
    if (absl::Status status = Prepare(); !status.ok()) {
      End(std::move(status));
      return;
    }
    if constexpr (Method::kBeginsAtOnce) {
      Run();
    } else {
      environment_.executor.Post(Executor::Lane::kNew, [this] { Run(); });
    }
  }

  // The caller has gone. Nothing happens once the request has ended.
  void Cancel() {
    context_.Cancel();
    // Under the lock, so that the request cannot leave meanwhile.
    MutexLock lock(mutex_);
    if (let_in_) (*model_)->runner->Cancel(context_);
  }

  // When to come again, after RESOURCE_EXHAUSTED.
  absl::Duration retry_after() const { return retry_after_; }
  // Its span, when somebody may want to know of it: the caller named its own, or it is recorded.
  std::optional<TraceContext> trace() const {
    if (!trace_.valid() || (!parent_.has_value() && !trace_.sampled)) return std::nullopt;
    return trace_;
  }
  // Since its arrival.
  absl::Duration elapsed() const { return environment_.clock.Now() - received_; }

 private:
  absl::Status Prepare() {
    OMSERVE_ASSIGN_OR_RETURN(ModelPin pin, Method::Find(environment_.catalog, *request_));
    model_.emplace(std::move(pin));
    metrics_ = &Method::Metrics(**model_, *request_);
    OMSERVE_RETURN_IF_ERROR(terms_status_);
    OMSERVE_RETURN_IF_ERROR(CheckRequestId(request_->request_id()));
    OMSERVE_ASSIGN_OR_RETURN(options_, Method::CheckOptions(*request_, **model_));
    OMSERVE_ASSIGN_OR_RETURN(input_, Method::CheckInput(*request_, **model_));
    OMSERVE_ASSIGN_OR_RETURN(const int64_t bytes, Method::InputBytes(input_, **model_));
    OMSERVE_RETURN_IF_ERROR(context_.Check());
    OMSERVE_ASSIGN_OR_RETURN(Admission::Ticket ticket, environment_.admission.Enter());
    ticket_.emplace(std::move(ticket));
    if (!metrics_->off) {
      inflight_ = metrics_->inflight;
      inflight_->Increment();
    }
    const Admitted admitted = (*model_)->runner->Admit(context_, bytes);
    if (!admitted.status.ok()) {
      retry_after_ = std::max(admitted.retry_after, absl::Milliseconds(1));
      return admitted.status;
    }
    MutexLock lock(mutex_);
    let_in_ = true;
    return context_.Check();  // a Cancel that came before did not reach the runner
  }

  // On a host worker.
  void Run() {
    if (absl::Status status = context_.Check(); !status.ok()) {
      End(std::move(status));
      return;
    }
    omserve::Start<Result>(Method::Run(**model_, context_, input_, options_),
                           [this](Result result) { Answer(std::move(result)); });
  }

  void Answer(Result result) {
    if (!result.ok()) {
      if (MayRunAgain(result.status())) {
        ++restarts_;
        if (context_.restart_asked()) metrics_->restarts->Increment();
        context_.BeginAgain();
        context_.set_stream(stream_);
        // Not from here: what the first run has in memory goes first.
        environment_.executor.Post([this] { Run(); });
        return;
      }
      End(std::move(result).status());
      return;
    }
    Method::Convert(*std::move(result), **model_, *response_);
    response_->set_model((*model_)->name);
    response_->set_version((*model_)->version);
    response_->set_request_id(request_->request_id());
    End(absl::OkStatus());
  }

  bool MayRunAgain(const absl::Status& why) {
    if (restarts_ == kMaxRestarts || !context_.Check().ok()) return false;
    return context_.restart_asked() ||
           (absl::IsAborted(why) && still_wanted_ != nullptr && still_wanted_());
  }

  // The one end of every request; nothing may touch the run after 'done'.
  void End(absl::Status status) {
    const absl::Time now = environment_.clock.Now();
    // gRPC cancels a call whose time is up; the cause is what counts.
    if (absl::IsCancelled(status) && now >= context_.deadline()) {
      status = absl::DeadlineExceededError("the deadline has passed");
    }
    Leave(status.ok());
    std::vector<StageTiming> timings = context_.TakeTimings();
    if (status.ok()) ConvertTiming(received_, now, timings, *response_->mutable_timing());
    RecordRequest(*metrics_, status, now - received_, timings, received_,
                  environment_.admission.closed());
    if (!status.ok()) Log(status, now, timings);
    if (trace_.sampled) Trace(status, now, std::move(timings));
    model_.reset();  // a client that is slow to take its answer keeps no model loaded
    Done done = std::move(done_);
    done(status);
  }

  void Leave(bool completed) {
    {
      MutexLock lock(mutex_);
      if (!std::exchange(let_in_, false)) return;
    }
    (*model_)->runner->Leave(context_, completed);
  }

  void Log(const absl::Status& status, absl::Time now,
           const std::vector<StageTiming>& timings) const {
    if (environment_.failures == nullptr) return;
    const std::string trace_id = trace_.valid()        ? trace_.TraceId()
                                 : parent_.has_value() ? parent_->TraceId()
                                                       : std::string();
    environment_.failures->Add({Method::kName, Name(), Version(), request_->request_id(), trace_id,
                                status, now - received_, timings, environment_.admission.closed()});
  }

  void Trace(const absl::Status& status, absl::Time now, std::vector<StageTiming> timings) const {
    environment_.tracer->End({trace_, parent_.has_value() ? parent_->span : 0, Method::kName,
                              std::string(Name()), std::string(Version()), request_->request_id(),
                              status.raw_code(), received_, now, std::move(timings)});
  }

  std::string_view Name() const {
    return model_.has_value() ? std::string_view((*model_)->name) : std::string_view();
  }
  std::string_view Version() const {
    return model_.has_value() ? std::string_view((*model_)->version) : std::string_view();
  }

  const CallEnvironment& environment_;
  const RequestMetrics* metrics_;
  const absl::Status terms_status_;
  const absl::Time received_;
  const int64_t stream_;
  RequestContext context_;
  std::optional<TraceContext> parent_;
  TraceContext trace_;  // valid when there is a tracer
  const Request* request_ = nullptr;
  Response* response_ = nullptr;
  Done done_;
  absl::AnyInvocable<bool()> still_wanted_;  // may be null
  std::optional<ModelPin> model_;            // set before let_in_; until the end
  typename Method::Options options_;
  typename Method::Input input_;
  std::optional<Admission::Ticket> ticket_;  // until the owner has handed the answer over
  absl::Duration retry_after_ = Admission::kRetryAfter;
  prometheus::Gauge* inflight_ = nullptr;  // counts this one, until the answer was handed over
  int restarts_ = 0;

  Mutex mutex_;
  bool let_in_ ABSL_GUARDED_BY(mutex_) = false;  // by the runner, and has not left
};

}  // namespace omserve

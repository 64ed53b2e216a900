// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/kserve/infer_call.h"

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "pipelines/base/status_macros.h"
#include "server/service/kserve/infer_parameters.h"
#include "server/service/kserve/infer_request.h"
#include "server/service/kserve/infer_terms.h"
#include "server/service/kserve/model_description.h"
#include "server/service/kserve/pipeline_adapters.h"
#include "server/service/kserve/resolved_model.h"
#include "server/service/kserve/stage_infer_method.h"
#include "server/service/request_run.h"

namespace omserve::kserve {
namespace {

using TimePoint = std::chrono::system_clock::time_point;

// What the parameters of every request may say beside its terms.
struct AnswerOptions {
  bool timing = false;          // where the time went, in the answer
  bool final_response = false;  // streams: say that no more answers follow
};

AnswerOptions ReadAnswerOptions(ParameterReader& parameters) {
  AnswerOptions options;
  options.timing = parameters.Flag("timing").value_or(false);
  options.final_response = parameters.Flag("triton_enable_empty_final_response").value_or(false);
  return options;
}

void Complete(const AnswerOptions& options, InferAnswer& answer) {
  if (options.timing) answer.AddTimes();
  if (options.final_response) answer.SetParameter("triton_final_response", true);
}

// A request that never gets to a model.
class RefusedCall final : public InferCall {
 public:
  RefusedCall(const InferEnvironment& environment, absl::Status status, std::string id,
              const std::optional<TraceContext>& parent)
      : InferCall(std::move(id)),
        environment_(environment),
        status_(std::move(status)),
        parent_(parent) {}

  void Begin(Done done) override {
    const absl::Status status = status_;  // 'done' may take the call with it
    RecordRequest(environment_.fallback, status, absl::ZeroDuration(), {},
                  environment_.calls.clock.Now(), environment_.calls.admission.closed());
    LogRefused(environment_.calls, "ModelInfer", status, id(), parent_);
    done(status, InferAnswer());
  }
  void Cancel() override {}
  absl::Duration retry_after() const override { return Admission::kRetryAfter; }
  absl::Duration elapsed() const override { return absl::ZeroDuration(); }
  std::optional<TraceContext> trace() const override { return std::nullopt; }

 private:
  const InferEnvironment environment_;
  const absl::Status status_;
  const std::optional<TraceContext> parent_;
};

class StageInferCall final : public InferCall {
 public:
  StageInferCall(const InferEnvironment& environment, InferRequest request,
                 const absl::StatusOr<CallTerms>& terms, TimePoint deadline,
                 const AnswerOptions& options)
      : InferCall(request.request_id()),
        request_(std::move(request)),
        options_(options),
        run_(environment.calls, environment.fallback, terms, deadline) {}

  void Begin(Done done) override {
    run_.Begin(request_, answer_,
               [this, done = std::move(done)](const absl::Status& status) mutable {
                 if (status.ok()) Complete(options_, answer_);
                 done(status, std::move(answer_));
               });
  }
  void Cancel() override { run_.Cancel(); }
  absl::Duration retry_after() const override { return run_.retry_after(); }
  absl::Duration elapsed() const override { return run_.elapsed(); }
  std::optional<TraceContext> trace() const override { return run_.trace(); }

 private:
  const InferRequest request_;
  const AnswerOptions options_;
  InferAnswer answer_;
  RequestRun<StageInferMethod> run_;
};

template <typename Adapter>
class PipelineInferCall final : public InferCall {
 public:
  using Method = typename Adapter::Method;

  // 'wanted' are the outputs that the request names.
  PipelineInferCall(const InferEnvironment& environment, std::string id,
                    std::vector<std::string> wanted, typename Method::Request request,
                    const absl::StatusOr<CallTerms>& terms, TimePoint deadline,
                    const AnswerOptions& options)
      : InferCall(std::move(id)),
        wanted_(std::move(wanted)),
        request_(std::move(request)),
        options_(options),
        run_(environment.calls, environment.fallback, terms, deadline) {}

  void Begin(Done done) override {
    run_.Begin(request_, response_, [this, done = std::move(done)](const absl::Status& s) mutable {
      InferAnswer answer;
      if (s.ok()) {
        TakeTimes(answer);
        Adapter::Convert(std::move(response_), answer);
        answer.Keep(wanted_);
        Complete(options_, answer);
      }
      done(s, std::move(answer));
    });
  }
  void Cancel() override { run_.Cancel(); }
  absl::Duration retry_after() const override { return run_.retry_after(); }
  absl::Duration elapsed() const override { return run_.elapsed(); }
  std::optional<TraceContext> trace() const override { return run_.trace(); }

 private:
  void TakeTimes(InferAnswer& answer) const;

  const std::vector<std::string> wanted_;
  typename Method::Request request_;
  typename Method::Response response_;
  const AnswerOptions options_;
  RequestRun<Method> run_;
};

absl::Duration DurationOf(const google::protobuf::Duration& time) {
  return absl::Seconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

template <typename Adapter>
void PipelineInferCall<Adapter>::TakeTimes(InferAnswer& answer) const {
  if (!options_.timing) return;
  RequestTimes& times = *answer.mutable_timing();
  for (const v1::StageTiming& stage : response_.timing().stages()) {
    times.queue += DurationOf(stage.queue()) + DurationOf(stage.batch_form());
    times.input += DurationOf(stage.h2d()) + DurationOf(stage.gather());
    times.infer += DurationOf(stage.execute());
    times.output += DurationOf(stage.d2h());
    const bool before = stage.stage() == "decode" || stage.stage() == "preprocess";
    (before ? times.input : times.output) += DurationOf(stage.host());
  }
  times.total = run_.elapsed();
}

// Makes the calls for one request, whose parameters it reads.
class CallMaker {
 public:
  CallMaker(const InferEnvironment& environment, const absl::StatusOr<CallTerms>& terms,
            TimePoint deadline)
      : environment_(environment), terms_(terms), deadline_(deadline) {}

  std::unique_ptr<InferCall> Make(InferMessage message) {
    absl::StatusOr<ResolvedModel> model = ResolveModel(
        environment_.calls.catalog, message.head().model_name(), message.head().model_version());
    if (!model.ok()) return Refuse(model.status(), message.head().id());
    InferRequest request(std::move(message), model->name);
    ParameterReader parameters(request.head().parameters(), "parameters");
    if (terms_.ok()) terms_ = AddTerms(*terms_, parameters);
    const AnswerOptions options = ReadAnswerOptions(parameters);
    if (model->stage != nullptr) {
      Check(parameters.Finish());
      return std::make_unique<StageInferCall>(environment_, std::move(request), terms_, deadline_,
                                              options);
    }
    const ServedModel& served = *model->pin;
    Check(CheckWantedOutputs(request.head(), DescribeModel(served, nullptr)));
    if (std::holds_alternative<VitDet>(served.pipeline)) {
      return MakePipeline<DetectAdapter>(request, parameters, options);
    }
    if (std::holds_alternative<InternVit>(served.pipeline)) {
      return MakePipeline<EmbedAdapter>(request, parameters, options);
    }
    if (std::holds_alternative<Classify>(served.pipeline)) {
      return MakePipeline<ClassifyAdapter>(request, parameters, options);
    }
    return MakePipeline<ReadTextAdapter>(request, parameters, options);
  }

  std::unique_ptr<InferCall> Refuse(absl::Status status, std::string id) const {
    return std::make_unique<RefusedCall>(
        environment_, std::move(status), std::move(id),
        terms_.ok() ? terms_->parent : std::optional<TraceContext>());
  }

 private:
  // The first error of the request goes the way of its terms, which count it for the model.
  void Check(absl::Status status) {
    if (terms_.ok() && !status.ok()) terms_ = std::move(status);
  }

  template <typename Adapter>
  std::unique_ptr<InferCall> MakePipeline(const InferRequest& request, ParameterReader& parameters,
                                          const AnswerOptions& options) {
    typename Adapter::Method::Request filled;
    absl::Status status = Adapter::Fill(request, parameters, filled);
    Check(parameters.Finish());
    Check(std::move(status));
    std::vector<std::string> wanted;
    for (const auto& output : request.head().outputs()) wanted.push_back(output.name());
    return std::make_unique<PipelineInferCall<Adapter>>(environment_, request.request_id(),
                                                        std::move(wanted), std::move(filled),
                                                        terms_, deadline_, options);
  }

  const InferEnvironment& environment_;
  absl::StatusOr<CallTerms> terms_;
  const TimePoint deadline_;
};

}  // namespace

std::unique_ptr<InferCall> InferCall::Make(const InferEnvironment& environment,
                                           absl::StatusOr<InferMessage> message,
                                           const absl::StatusOr<CallTerms>& terms,
                                           TimePoint wire_deadline) {
  CallMaker maker(environment, terms, wire_deadline);
  if (!message.ok()) return maker.Refuse(message.status(), {});
  return maker.Make(*std::move(message));
}

}  // namespace omserve::kserve

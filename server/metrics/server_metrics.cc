// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/metrics/server_metrics.h"

#include "absl/strings/str_cat.h"
#include "prometheus/text_serializer.h"

namespace omserve {
namespace {

using prometheus::BuildCounter;
using prometheus::BuildGauge;
using prometheus::BuildHistogram;
using prometheus::Histogram;

// 1 ms to 10 s in steps of at most 2x; an SLO must sit on a boundary.
const Histogram::BucketBoundaries& Seconds() {
  static const Histogram::BucketBoundaries bounds = {
      0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.025, 0.04, 0.06, 0.1,
      0.15,  0.25,  0.4,   0.6,   1,      1.5,  2.5,   4,     6,    10};
  return bounds;
}

const Histogram::BucketBoundaries& BatchSizes() {
  static const Histogram::BucketBoundaries bounds = {1, 2, 4, 8, 16, 32, 64};
  return bounds;
}

prometheus::Family<prometheus::Counter>& Counter(prometheus::Registry& registry, const char* name,
                                                 const char* help) {
  return BuildCounter().Name(name).Help(help).Register(registry);
}
prometheus::Family<prometheus::Gauge>& Gauge(prometheus::Registry& registry, const char* name,
                                             const char* help) {
  return BuildGauge().Name(name).Help(help).Register(registry);
}
prometheus::Family<Histogram>& Histo(prometheus::Registry& registry, const char* name,
                                     const char* help) {
  return BuildHistogram().Name(name).Help(help).Register(registry);
}

}  // namespace

std::string_view StatusCodeName(int code) {
  static constexpr std::array<std::string_view, kStatusCodes> kNames = {"OK",
                                                                        "CANCELLED",
                                                                        "UNKNOWN",
                                                                        "INVALID_ARGUMENT",
                                                                        "DEADLINE_EXCEEDED",
                                                                        "NOT_FOUND",
                                                                        "ALREADY_EXISTS",
                                                                        "PERMISSION_DENIED",
                                                                        "RESOURCE_EXHAUSTED",
                                                                        "FAILED_PRECONDITION",
                                                                        "ABORTED",
                                                                        "OUT_OF_RANGE",
                                                                        "UNIMPLEMENTED",
                                                                        "INTERNAL",
                                                                        "UNAVAILABLE",
                                                                        "DATA_LOSS",
                                                                        "UNAUTHENTICATED"};
  return code >= 0 && code < kStatusCodes ? kNames[static_cast<size_t>(code)] : kNames[2];
}

std::string_view FailureReasonName(FailureReason reason) {
  static constexpr std::array<std::string_view, kFailureReasons> kNames = {
      "invalid_input", "queue_full",        "deadline_queue", "deadline_exec", "cancelled",
      "device_error",  "model_unavailable", "superseded",     "internal"};
  return kNames[static_cast<size_t>(reason)];
}

std::string_view PhaseName(Phase phase) {
  static constexpr std::array<std::string_view, kPhases> kNames = {
      "decode", "preprocess", "queue", "h2d", "execute", "d2h", "postprocess"};
  return kNames[static_cast<size_t>(phase)];
}

RequestTotals TotalsOf(const RequestMetrics& metrics) {
  RequestTotals totals;
  if (metrics.duration == nullptr) return totals;
  for (size_t i = 0; i < metrics.requests.size(); ++i) {
    totals.requests[i] = static_cast<int64_t>(metrics.requests[i]->Value());
  }
  const prometheus::ClientMetric::Histogram times = metrics.duration->Collect().histogram;
  totals.timed = static_cast<int64_t>(times.sample_count);
  totals.time = absl::Seconds(times.sample_sum);
  return totals;
}

ServerMetrics::ServerMetrics(const BuildInfo& info, bool count_requests)
    : count_requests_(count_requests),
      registry_(std::make_shared<prometheus::Registry>()),
      requests_(Counter(*registry_, "omserve_requests_total", "Requests that ended, by code")),
      failures_(
          Counter(*registry_, "omserve_request_failures_total", "Requests that failed, by reason")),
      request_duration_(Histo(*registry_, "omserve_request_duration_seconds",
                              "From the request's arrival to the answer's hand-over")),
      stage_duration_(Histo(*registry_, "omserve_stage_duration_seconds",
                            "Time of a request in one phase, over all its model stages")),
      queue_depth_(Gauge(*registry_, "omserve_queue_depth", "Items that wait for a batch")),
      inflight_(Gauge(*registry_, "omserve_inflight_requests", "Requests at work")),
      restarts_(Counter(*registry_, "omserve_request_restarts_total",
                        "Requests that ran again because their device was lost")),
      frames_dropped_(Counter(*registry_, "omserve_stream_frames_dropped_total",
                              "Frames of video streams that a newer one replaced, by place")),
      streams_(Gauge(*registry_, "omserve_streams", "Video streams that are open").Add({})),
      batch_size_(Histo(*registry_, "omserve_batch_size", "Real items in a batch")),
      padded_items_(Counter(*registry_, "omserve_batch_padded_items_total",
                            "Rows of compiled batches that carried nothing")),
      inferences_(Counter(*registry_, "omserve_inferences_total", "Items that devices computed")),
      batches_(Counter(*registry_, "omserve_batches_total", "Batches that devices ran")),
      stage_calls_(Counter(*registry_, "omserve_stage_calls_total",
                           "Requests' uses of a stage that ended, by reason")),
      shadow_checks_(Counter(*registry_, "omserve_shadow_checks_total",
                             "Items that were run again alone, by result")),
      device_busy_(Counter(*registry_, "omserve_device_busy_seconds_total",
                           "Time that the device spent on batches")),
      memory_used_(Gauge(*registry_, "omserve_device_memory_used_bytes", "Device memory in use")),
      memory_total_(Gauge(*registry_, "omserve_device_memory_total_bytes", "Device memory")),
      device_healthy_(Gauge(*registry_, "omserve_device_healthy", "1 while the device takes work")),
      device_errors_(Counter(*registry_, "omserve_device_errors_total",
                             "Batches that failed on the device, by code")),
      device_recoveries_(Counter(*registry_, "omserve_device_recoveries_total",
                                 "Attempts to get a failed device back, by result")),
      model_ready_(Gauge(*registry_, "omserve_model_ready", "1 while the model is served")),
      model_load_(
          Gauge(*registry_, "omserve_model_load_duration_seconds", "What loading the model took")),
      traces_(Counter(*registry_, "omserve_traces_total",
                      "Sampled requests that were exported or dropped, by result")),
      refusals_(Counter(*registry_, "omserve_refusals_total",
                        "Calls that were refused for who made them, by reason")),
      credential_reloads_(Counter(*registry_, "omserve_credential_reloads_total",
                                  "Changed files of certificates or tokens, by result")),
      certificate_expiry_(Gauge(*registry_, "omserve_certificate_expiry_timestamp_seconds",
                                "When the first certificate of the file ends, UNIX time")) {
  Gauge(*registry_, "omserve_build_info", "Always 1; what is running, in its labels")
      .Add({{"version", info.version},
            {"commit", info.commit},
            {"acl", info.acl},
            {"soc", info.soc},
            {"grpc", info.grpc}})
      .Set(1);
}

RequestMetrics ServerMetrics::AddMethod(const std::string& model, const std::string& method) {
  RequestMetrics out;
  out.off = !count_requests_;
  for (int i = 0; i < kStatusCodes; ++i) {
    out.requests[static_cast<size_t>(i)] = &requests_.Add(
        {{"model", model}, {"method", method}, {"code", std::string(StatusCodeName(i))}});
  }
  for (int i = 0; i < kFailureReasons; ++i) {
    const auto reason = static_cast<FailureReason>(i);
    out.failures[static_cast<size_t>(i)] =
        &failures_.Add({{"model", model}, {"reason", std::string(FailureReasonName(reason))}});
  }
  for (int i = 0; i < kPhases; ++i) {
    const auto phase = static_cast<Phase>(i);
    out.phases[static_cast<size_t>(i)] = &stage_duration_.Add(
        {{"model", model}, {"stage", std::string(PhaseName(phase))}}, Seconds());
  }
  out.duration = &request_duration_.Add({{"model", model}, {"method", method}}, Seconds());
  out.inflight = &inflight_.Add({{"model", model}});
  out.restarts = &restarts_.Add({{"model", model}});
  return out;
}

StreamMetrics ServerMetrics::AddStreams(const std::string& model) {
  return {&frames_dropped_.Add({{"model", model}, {"where", "door"}}),
          &frames_dropped_.Add({{"model", model}, {"where", "queue"}})};
}

StageMetrics ServerMetrics::AddStage(const std::string& model, const std::string& stage) {
  const prometheus::Labels labels = {{"model", model}, {"stage", stage}};
  StageMetrics out;
  out.batch_size = &batch_size_.Add(labels, BatchSizes());
  out.padded_items = &padded_items_.Add(labels);
  out.inferences = &inferences_.Add(labels);
  out.batches = &batches_.Add(labels);
  out.queue = &queue_depth_.Add(labels);
  const auto shadow = [&](const char* result) {
    return &shadow_checks_.Add({{"model", model}, {"stage", stage}, {"result", result}});
  };
  out.shadow_equal = shadow("equal");
  out.shadow_different = shadow("different");
  return out;
}

prometheus::Counter* ServerMetrics::AddCallEnd(const std::string& model, const std::string& stage,
                                               std::string_view reason) {
  return &stage_calls_.Add({{"model", model}, {"stage", stage}, {"reason", std::string(reason)}});
}

DeviceMetrics ServerMetrics::AddDevice(int device) {
  const std::string id = absl::StrCat(device);
  DeviceMetrics out;
  out.busy_seconds = &device_busy_.Add({{"device", id}});
  for (int i = 1; i < kStatusCodes; ++i) {
    out.errors[static_cast<size_t>(i)] =
        &device_errors_.Add({{"device", id}, {"code", std::string(StatusCodeName(i))}});
  }
  out.memory_used = &memory_used_.Add({{"device", id}});
  out.memory_total = &memory_total_.Add({{"device", id}});
  out.healthy = &device_healthy_.Add({{"device", id}});
  out.healthy->Set(1);
  return out;
}

prometheus::Counter* ServerMetrics::AddRecovery(int device, std::string_view result) {
  return &device_recoveries_.Add(
      {{"device", absl::StrCat(device)}, {"result", std::string(result)}});
}

ModelMetrics ServerMetrics::AddModel(const std::string& model, const std::string& version) {
  const prometheus::Labels labels = {{"model", model}, {"version", version}};
  return {&model_ready_.Add(labels), &model_load_.Add(labels)};
}

TracingMetrics ServerMetrics::AddTracing() {
  const auto result = [this](const char* name) { return &traces_.Add({{"result", name}}); };
  return {result("exported"), result("queue_full"), result("not_taken")};
}

SecurityMetrics ServerMetrics::AddSecurity(const SecurityNames& names) {
  SecurityMetrics out;
  for (const std::string_view reason : names.refusals) {
    out.refusals[reason] = &refusals_.Add({{"reason", std::string(reason)}});
  }
  const auto reload = [&](const char* what, const char* result) {
    return &credential_reloads_.Add({{"what", what}, {"result", result}});
  };
  out.certificates_reloaded = reload("certificates", "ok");
  out.certificates_failed = reload("certificates", "failed");
  if (names.client_crl) {
    out.revocations_reloaded = reload("revocations", "ok");
    out.revocations_failed = reload("revocations", "failed");
  }
  out.tokens_reloaded = reload("tokens", "ok");
  out.tokens_failed = reload("tokens", "failed");
  const auto expiry = [&](const char* file) { return &certificate_expiry_.Add({{"file", file}}); };
  if (names.certificate) out.certificate_expiry = expiry("certificate");
  if (names.client_ca) out.client_ca_expiry = expiry("client_ca");
  if (names.client_crl) out.client_crl_expiry = expiry("client_crl");
  return out;
}

std::string ServerMetrics::Text() const {
  return prometheus::TextSerializer().Serialize(registry_->Collect());
}

}  // namespace omserve

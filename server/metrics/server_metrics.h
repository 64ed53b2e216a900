// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "prometheus/counter.h"
#include "prometheus/family.h"
#include "prometheus/gauge.h"
#include "prometheus/histogram.h"
#include "prometheus/registry.h"
#include "server/metrics/infer_statistics.h"

namespace omserve {

// Canonical status codes, which are gRPC's.
inline constexpr int kStatusCodes = 17;

// "OK", "INVALID_ARGUMENT", ...; "UNKNOWN" for a number that is no code.
std::string_view StatusCodeName(int code);

// Why a request failed, as one word of a bounded set.
enum class FailureReason : uint8_t {
  kInvalidInput,
  kQueueFull,
  kDeadlineQueue,
  kDeadlineExec,
  kCancelled,
  kDeviceError,
  kModelUnavailable,
  kSuperseded,  // a newer frame of its stream came
  kInternal,
};
inline constexpr int kFailureReasons = 9;
std::string_view FailureReasonName(FailureReason reason);

// Where the time of a request goes, summed over its stages.
enum class Phase : uint8_t { kDecode, kPreprocess, kQueue, kH2d, kExecute, kD2h, kPostprocess };
inline constexpr int kPhases = 7;
std::string_view PhaseName(Phase phase);

// Children of one model and method, resolved once; valid as long as ServerMetrics. Thread-safe.
struct RequestMetrics {
  std::array<prometheus::Counter*, kStatusCodes> requests{};
  std::array<prometheus::Counter*, kFailureReasons> failures{};
  std::array<prometheus::Histogram*, kPhases> phases{};
  prometheus::Histogram* duration = nullptr;
  prometheus::Gauge* inflight = nullptr;
  prometheus::Counter* restarts = nullptr;
  bool off = false;  // nothing is to be counted
  // Beside the metrics, also when they are off: of the model, and of the stages that its requests
  // pass; null is not counted.
  InferStatistics* statistics = nullptr;
  PipelineStatistics* stage_statistics = nullptr;
};

// What was counted so far. A value.
struct RequestTotals {
  std::array<int64_t, kStatusCodes> requests{};  // by code
  int64_t timed = 0;                             // requests whose time is in 'time'
  absl::Duration time;
};
// Zeros for metrics that are not set.
RequestTotals TotalsOf(const RequestMetrics& metrics);

// Children of one model for its video streams.
struct StreamMetrics {
  prometheus::Counter* dropped_at_door = nullptr;  // before they were decoded
  prometheus::Counter* dropped_in_queue = nullptr;
};

// Children of one stage of one model.
struct StageMetrics {
  prometheus::Histogram* batch_size = nullptr;
  prometheus::Counter* padded_items = nullptr;
  prometheus::Counter* inferences = nullptr;
  prometheus::Counter* batches = nullptr;
  prometheus::Gauge* queue = nullptr;
  prometheus::Counter* shadow_equal = nullptr;
  prometheus::Counter* shadow_different = nullptr;
};

// Children of one device.
struct DeviceMetrics {
  prometheus::Counter* busy_seconds = nullptr;
  std::array<prometheus::Counter*, kStatusCodes> errors{};
  prometheus::Gauge* memory_used = nullptr;
  prometheus::Gauge* memory_total = nullptr;
  prometheus::Gauge* healthy = nullptr;
};

// Children of one model version.
struct ModelMetrics {
  prometheus::Gauge* ready = nullptr;
  prometheus::Gauge* load_seconds = nullptr;
};

// Of the exporter of traces, in requests.
struct TracingMetrics {
  prometheus::Counter* exported = nullptr;
  prometheus::Counter* queue_full = nullptr;  // dropped before the export
  prometheus::Counter* not_taken = nullptr;   // dropped after it
};

// Children for who may come in. The gauges are UNIX times in seconds.
struct SecurityMetrics {
  std::map<std::string_view, prometheus::Counter*> refusals;  // by reason
  prometheus::Gauge* certificate_expiry = nullptr;
  prometheus::Gauge* client_ca_expiry = nullptr;
  prometheus::Gauge* client_crl_expiry = nullptr;
  prometheus::Counter* certificates_reloaded = nullptr;
  prometheus::Counter* certificates_failed = nullptr;
  prometheus::Counter* revocations_reloaded = nullptr;
  prometheus::Counter* revocations_failed = nullptr;
  prometheus::Counter* tokens_reloaded = nullptr;
  prometheus::Counter* tokens_failed = nullptr;
};
// What a server counts refusals, and the series of certificates, for.
struct SecurityNames {
  std::vector<std::string_view> refusals;  // string literals
  bool certificate = false;
  bool client_ca = false;
  bool client_crl = false;
};

// What omserve_build_info tells.
struct BuildInfo {
  std::string version;
  std::string commit;
  std::string acl;
  std::string soc;
  std::string grpc;
};

// Every family of the server, declared at birth; children are made at start, so that each series
// is there with 0 before the first request and no request takes the families' locks. Owned by the
// server. Thread-safe.
class ServerMetrics {
 public:
  // With 'count_requests' false the series are there, but what AddMethod gives is 'off'.
  explicit ServerMetrics(const BuildInfo& info, bool count_requests = true);
  ServerMetrics(const ServerMetrics&) = delete;
  ServerMetrics& operator=(const ServerMetrics&) = delete;

  RequestMetrics AddMethod(const std::string& model, const std::string& method);
  StreamMetrics AddStreams(const std::string& model);
  StageMetrics AddStage(const std::string& model, const std::string& stage);
  // Calls of a stage that ended for one reason; the reasons are a small fixed set.
  prometheus::Counter* AddCallEnd(const std::string& model, const std::string& stage,
                                  std::string_view reason);
  DeviceMetrics AddDevice(int device);
  // Attempts to get a device back that had failed; the results are a small fixed set.
  prometheus::Counter* AddRecovery(int device, std::string_view result);
  ModelMetrics AddModel(const std::string& model, const std::string& version);
  // Of a server that asks who comes in; there is no series of certificates that it does not have.
  SecurityMetrics AddSecurity(const SecurityNames& names);

  TracingMetrics AddTracing();

  // Streams that are open.
  prometheus::Gauge& streams() { return streams_; }

  // Shared, because the listener of prometheus-cpp wants a weak pointer.
  const std::shared_ptr<prometheus::Registry>& registry() const { return registry_; }

  // The text that a scrape gets, without the process_ metrics.
  std::string Text() const;

 private:
  template <typename T>
  using Family = prometheus::Family<T>;

  const bool count_requests_;
  const std::shared_ptr<prometheus::Registry> registry_;
  Family<prometheus::Counter>& requests_;
  Family<prometheus::Counter>& failures_;
  Family<prometheus::Histogram>& request_duration_;
  Family<prometheus::Histogram>& stage_duration_;
  Family<prometheus::Gauge>& queue_depth_;
  Family<prometheus::Gauge>& inflight_;
  Family<prometheus::Counter>& restarts_;
  Family<prometheus::Counter>& frames_dropped_;
  prometheus::Gauge& streams_;
  Family<prometheus::Histogram>& batch_size_;
  Family<prometheus::Counter>& padded_items_;
  Family<prometheus::Counter>& inferences_;
  Family<prometheus::Counter>& batches_;
  Family<prometheus::Counter>& stage_calls_;
  Family<prometheus::Counter>& shadow_checks_;
  Family<prometheus::Counter>& device_busy_;
  Family<prometheus::Gauge>& memory_used_;
  Family<prometheus::Gauge>& memory_total_;
  Family<prometheus::Gauge>& device_healthy_;
  Family<prometheus::Counter>& device_errors_;
  Family<prometheus::Counter>& device_recoveries_;
  Family<prometheus::Gauge>& model_ready_;
  Family<prometheus::Gauge>& model_load_;
  Family<prometheus::Counter>& traces_;
  Family<prometheus::Counter>& refusals_;
  Family<prometheus::Counter>& credential_reloads_;
  Family<prometheus::Gauge>& certificate_expiry_;
};

}  // namespace omserve

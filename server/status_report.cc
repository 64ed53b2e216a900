// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/status_report.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "server/metrics/request_snapshot.h"
#include "server/service/status_conversion.h"

namespace omserve {
namespace {

using nlohmann::ordered_json;

ordered_json MethodOf(std::string_view name, const RequestMetrics& metrics) {
  const RequestSnapshot snapshot = SnapshotOf(metrics);
  ordered_json out = {{"method", name}};
  ordered_json& codes = out["codes"] = ordered_json::object();
  for (int code = 0; code < kStatusCodes; ++code) {
    const int64_t count = snapshot.requests[static_cast<size_t>(code)];
    if (count > 0 || code == 0) codes[std::string(StatusCodeName(code))] = count;
  }
  // Infinity is no JSON: the last bound is left out.
  ordered_json& bounds = out["bounds_s"] = ordered_json::array();
  for (const double bound : snapshot.bounds) {
    if (std::isfinite(bound)) bounds.push_back(bound);
  }
  out["durations"] = snapshot.durations;
  return out;
}

ordered_json PipelineOf(const ServedModel& model, const BatchMetrics& batches) {
  ordered_json out = {{"name", model.name}};
  ordered_json& methods = out["methods"] = ordered_json::array();
  const bool tensor = std::holds_alternative<TensorModel>(model.pipeline);
  if (!tensor) {
    const std::string_view own = std::holds_alternative<VitDet>(model.pipeline)      ? "Detect"
                                 : std::holds_alternative<InternVit>(model.pipeline) ? "Embed"
                                                                                     : "ReadText";
    methods.push_back(MethodOf(own, model.metrics));
  }
  if (model.frame_metrics.duration != nullptr) {
    methods.push_back(MethodOf("DetectStream", model.frame_metrics));
  }
  methods.push_back(MethodOf("ModelInfer", model.infer_metrics));
  const RequestSnapshot whole = SnapshotOf(model.metrics);
  ordered_json& phases = out["phases_s"] = ordered_json::object();
  for (int i = 0; i < kPhases; ++i) {
    phases[std::string(PhaseName(static_cast<Phase>(i)))] = whole.phases[static_cast<size_t>(i)];
  }
  ordered_json& stages = out["stages"] = ordered_json::array();
  for (const std::string& name : model.stages) {
    const StageSnapshot stage = batches.Snapshot(model.name, name);
    ordered_json entry = {{"name", name},
                          {"queue", stage.queue},
                          {"items", stage.items},
                          {"batches", stage.batches},
                          {"padded", stage.padded}};
    if (model.metrics.stage_statistics != nullptr) {
      if (const InferStatistics* const counted = model.metrics.stage_statistics->stage(name)) {
        const InferTotals totals = counted->totals();
        entry["calls"] = totals.success.count;
        entry["queue_s"] = absl::ToDoubleSeconds(totals.queue);
        entry["input_s"] = absl::ToDoubleSeconds(totals.input);
        entry["execute_s"] = absl::ToDoubleSeconds(totals.infer);
        entry["output_s"] = absl::ToDoubleSeconds(totals.output);
      }
    }
    stages.push_back(std::move(entry));
  }
  return out;
}

ordered_json DeviceOf(const Device& device, const DeviceMetrics& metrics) {
  const absl::Status health = device.health();
  ordered_json out = {{"id", device.id()},
                      {"healthy", device.healthy()},
                      {"busy_s", metrics.busy_seconds->Value()},
                      {"memory_used", metrics.memory_used->Value()},
                      {"memory_total", metrics.memory_total->Value()}};
  if (!health.ok()) out["why"] = WithoutPaths({health.message().data(), health.message().size()});
  return out;
}

ordered_json VersionOf(const ModelVersion& version) {
  ordered_json out = {{"model", version.name},
                      {"version", version.version},
                      {"state", ModelStateName(version.state)},
                      {"device_bytes", version.device_bytes}};
  if (!version.reason.empty()) out["reason"] = WithoutPaths(version.reason);
  return out;
}

}  // namespace

std::string StatusReport::Json() const {
  const StatusSources& from = sources_;
  const absl::Time now = from.clock.Now();
  ordered_json out = {{"time_ms", absl::ToUnixMillis(now)},
                      {"start_ms", absl::ToUnixMillis(start_)},
                      {"server",
                       {{"version", from.build.version},
                        {"commit", from.build.commit},
                        {"acl", from.build.acl},
                        {"soc", from.build.soc},
                        {"grpc", from.build.grpc}}},
                      {"stopping", from.admission.closed()},
                      {"requests_at_work", from.admission.inflight()}};
  ordered_json& devices = out["devices"] = ordered_json::array();
  for (size_t i = 0; i < from.devices.size(); ++i) {
    const Device& device = from.devices.device(i);
    devices.push_back(DeviceOf(device, from.batches.devices().at(device.id())));
  }
  ordered_json& versions = out["versions"] = ordered_json::array();
  for (const ModelVersion& version : from.repository.Index())
    versions.push_back(VersionOf(version));
  ordered_json& pipelines = out["pipelines"] = ordered_json::array();
  std::set<std::string> seen;  // versions of one model count together
  for (const ModelPin& model : from.catalog.All()) {
    if (seen.insert(model->name).second) pipelines.push_back(PipelineOf(*model, from.batches));
  }
  ordered_json& failures = out["failures"] = ordered_json::array();
  for (const std::string& line : from.failures.recent()) {
    failures.push_back(ordered_json::parse(line, nullptr, false));
  }
  return out.dump(-1, ' ', /*ensure_ascii=*/true, ordered_json::error_handler_t::replace);
}

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/tracing/request_trace.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/metrics/server_metrics.h"
#include "server/tracing/span_ids.h"

namespace omserve {
namespace {

using nlohmann::ordered_json;

// Span.SpanKind and Status.StatusCode of opentelemetry/proto/trace/v1.
constexpr int kInternal = 1;
constexpr int kServer = 2;
constexpr int kError = 2;
constexpr size_t kMaxText = 256;

ordered_json Text(std::string_view key, std::string_view value) {
  return {{"key", key}, {"value", {{"stringValue", value.substr(0, kMaxText)}}}};
}
ordered_json Integer(std::string_view key, int64_t value) {
  return {{"key", key}, {"value", {{"intValue", absl::StrCat(value)}}}};  // int64 is text in JSON
}
ordered_json Microseconds(std::string_view key, absl::Duration value) {
  return Integer(key, absl::ToInt64Microseconds(value));
}

std::string Nanoseconds(absl::Time time) { return absl::StrCat(absl::ToUnixNanos(time)); }

ordered_json SpanOf(const TraceContext& context, uint64_t id, uint64_t parent, std::string name,
                    int kind, absl::Time start, absl::Time end) {
  ordered_json span = {{"traceId", context.TraceId()}, {"spanId", SpanIdText(id)}};
  if (parent != 0) span["parentSpanId"] = SpanIdText(parent);
  span["name"] = std::move(name);
  span["kind"] = kind;
  span["startTimeUnixNano"] = Nanoseconds(start);
  span["endTimeUnixNano"] = Nanoseconds(end);
  return span;
}

ordered_json RequestSpan(const RequestTrace& trace) {
  ordered_json span = SpanOf(trace.context, trace.context.span, trace.parent,
                             absl::StrCat("omserve/", std::string(trace.method)), kServer,
                             trace.received, trace.ended);
  ordered_json& attributes = span["attributes"] = ordered_json::array();
  attributes.push_back(Text("rpc.system", "grpc"));
  attributes.push_back(Text("rpc.method", trace.method));
  attributes.push_back(Integer("rpc.grpc.status_code", trace.code));
  if (!trace.model.empty()) attributes.push_back(Text("omserve.model", trace.model));
  if (!trace.version.empty()) attributes.push_back(Text("omserve.version", trace.version));
  if (!trace.request_id.empty()) attributes.push_back(Text("omserve.request_id", trace.request_id));
  if (trace.code != 0) {
    span["status"] = {{"code", kError}, {"message", StatusCodeName(trace.code)}};
  }
  return span;
}

ordered_json StageSpan(const RequestTrace& trace, const StageTiming& stage, uint64_t id) {
  const absl::Duration took = stage.queue + stage.batch_form + stage.h2d + stage.gather +
                              stage.execute + stage.d2h + stage.host;
  const absl::Time end =
      stage.ended == absl::InfinitePast() ? trace.ended : std::min(stage.ended, trace.ended);
  // Several batches of one stage may have run side by side.
  const absl::Time start = std::clamp(end - took, std::min(trace.received, end), end);
  ordered_json span =
      SpanOf(trace.context, id, trace.context.span, stage.stage, kInternal, start, end);
  ordered_json& attributes = span["attributes"] = ordered_json::array();
  if (stage.device < 0) {
    attributes.push_back(Microseconds("omserve.host_us", stage.host));
    return span;
  }
  attributes.push_back(Integer("omserve.device", stage.device));
  attributes.push_back(Integer("omserve.batch_size", stage.batch_size));
  attributes.push_back(Integer("omserve.padding", stage.padding));
  attributes.push_back(Integer("omserve.batches", stage.batches));
  attributes.push_back(Microseconds("omserve.queue_us", stage.queue));
  attributes.push_back(Microseconds("omserve.batch_form_us", stage.batch_form));
  attributes.push_back(Microseconds("omserve.h2d_us", stage.h2d));
  attributes.push_back(Microseconds("omserve.gather_us", stage.gather));
  attributes.push_back(Microseconds("omserve.execute_us", stage.execute));
  attributes.push_back(Microseconds("omserve.d2h_us", stage.d2h));
  return span;
}

}  // namespace

std::string EncodeTraces(const TraceResource& resource, const std::vector<RequestTrace>& traces) {
  ordered_json spans = ordered_json::array();
  for (const RequestTrace& trace : traces) {
    spans.push_back(RequestSpan(trace));
    uint64_t number = 0;
    for (const StageTiming& stage : trace.timings) {
      spans.push_back(StageSpan(trace, stage, ChildSpan(trace.context.span, ++number)));
    }
  }
  const ordered_json scope = {{"name", "omserve"}, {"version", resource.version}};
  const ordered_json of = {
      {"attributes", ordered_json::array({Text("service.name", resource.service),
                                          Text("service.version", resource.version)})}};
  ordered_json scoped = {{"scope", scope}};
  scoped["spans"] = std::move(spans);
  ordered_json whole = {{"resource", of}};
  whole["scopeSpans"] = ordered_json::array();
  whole["scopeSpans"].push_back(std::move(scoped));
  ordered_json request;
  request["resourceSpans"] = ordered_json::array();
  request["resourceSpans"].push_back(std::move(whole));
  return request.dump(-1, ' ', /*ensure_ascii=*/true, ordered_json::error_handler_t::replace);
}

}  // namespace omserve

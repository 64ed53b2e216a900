// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "client/answer_json.h"
#include "client/load/load_report.h"
#include "client/load/tail_explanation.h"

namespace omserve::client {
namespace {

using nlohmann::json;

json ErrorsJson(const ClassStats& stats) {
  json errors = json::object();
  for (const auto& [code, count] : stats.errors) {
    errors[absl::StatusCodeToString(code)] = count;
  }
  if (stats.not_sent > 0) {
    errors["NOT_SENT"] = stats.not_sent;
  }
  return errors;
}

json StatsJson(const ClassStats& stats) {
  json error_latency = json::object();
  for (const auto& [code, times] : stats.error_latency) {
    error_latency[absl::StatusCodeToString(code)] = times.SummaryJson();
  }
  return {{"requests", stats.requests},
          {"ok", stats.ok},
          {"in_time", stats.in_time},
          {"checked", stats.checked},
          {"wrong", stats.wrong},
          {"dropped", stats.dropped},
          {"errors", ErrorsJson(stats)},
          {"cancelled_by_client", stats.cancelled_by_client},
          {"latency_ms", stats.latency.SummaryJson()},
          {"sent_latency_ms", stats.sent_latency.SummaryJson()},
          {"error_latency_ms", std::move(error_latency)},
          {"retry_after_ms", stats.retry_after.SummaryJson()},
          {"server_ms", stats.server.SummaryJson()},
          {"outside_ms", stats.outside.SummaryJson()},
          {"stages", stats.stages.ToJson()},
          {"histogram_ms", stats.latency.BucketsJson()}};
}

constexpr size_t kShown = 10;  // of the slowest answers

json SlowestJson(const LoadHead& head, const SlowestAnswers& slowest, const TailExplanation& tail) {
  json list = json::array();
  for (size_t i = 0; i < std::min(kShown, slowest.answers().size()); ++i) {
    const LoadAnswer& answer = slowest.answers()[i];
    json parts = json::array();
    for (const LatencyPart& part : PartsOf(answer)) parts.push_back({part.name, part.ms});
    list.push_back({{"class", head.classes[answer.request_class].name},
                    {"main_cause", tail.main_causes[i]},
                    {"parts_ms", std::move(parts)},
                    {"number", answer.number},
                    {"at_s", absl::ToDoubleSeconds(answer.at)},
                    {"latency_ms", absl::ToDoubleMilliseconds(answer.latency)},
                    {"sent_latency_ms", absl::ToDoubleMilliseconds(answer.sent_latency)},
                    {"timing", TimingToJson(answer.timing)}});
  }
  return list;
}

json EventsJson(const std::vector<RunEventOutcome>& events) {
  json list = json::array();
  for (const RunEventOutcome& event : events) {
    list.push_back({{"name", event.name},
                    {"at_s", event.at_s},
                    {"took_ms", event.took_ms},
                    {"error", event.status.ok() ? json(nullptr) : ErrorToJson(event.status)}});
  }
  return list;
}

}  // namespace

json LoadJson(const LoadHead& head, const LoadResult& result) {
  const LoadOptions& options = head.options;
  const bool open = options.arrivals.has_value();
  const ClassSpec::Method method = head.classes.front().method;
  const bool alike = std::all_of(head.classes.begin(), head.classes.end(),
                                 [method](const ClassSpec& spec) { return spec.method == method; });
  json document = StatsJson(result.all);
  document["server"] = options.server;
  document["method"] = alike ? MethodName(method) : "mixed";
  document["loop"] = open ? "open" : "closed";
  document["in_flight"] = open ? json(nullptr) : json(options.in_flight);
  document["max_in_flight"] = open ? json(options.max_in_flight) : json(nullptr);
  document["arrivals"] = open ? json(ArrivalsText(*options.arrivals)) : json(nullptr);
  document["rate"] = open ? json(options.arrivals->rate) : json(nullptr);
  document["seed"] = options.seed;
  document["warmup"] = options.warmup;
  document["channels"] = options.channels;
  document["senders"] = options.senders;
  document["seconds"] = result.seconds;
  document["requests_per_s"] = result.requests_per_s;
  document["steady_requests_per_s"] = result.steady_requests_per_s;
  document["offered_per_s"] = open ? json(result.offered_per_s) : json(nullptr);
  document["sent_per_s"] = result.sent_per_s;
  document["goodput_per_s"] = result.goodput_per_s;
  document["lateness_ms"] = result.stats.lateness.SummaryJson();
  document["late"] = result.stats.late;
  document["sent_latency_histogram_ms"] = result.all.sent_latency.BucketsJson();
  document["client_cores"] = result.client_cores;
  const TailExplanation tail = ExplainTail(result.stats.slowest, result.stats.sample);
  document["tail"] = tail.ToJson();
  document["slowest"] = SlowestJson(head, result.stats.slowest, tail);
  document["stability"] = result.stability.ToJson();
  document["over_time"] = result.stats.windows.ToJson();
  document["events"] = EventsJson(result.events);
  json classes = json::object();
  for (size_t i = 0; i < head.classes.size(); ++i) {
    classes[head.classes[i].name] = StatsJson(result.stats.classes[i]);
    classes[head.classes[i].name]["method"] = MethodName(head.classes[i].method);
  }
  document["classes"] = std::move(classes);
  return document;
}

}  // namespace omserve::client

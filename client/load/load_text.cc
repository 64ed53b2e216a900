// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/load/load_report.h"
#include "client/load/tail_explanation.h"
#include "client/text_table.h"

namespace omserve::client {
namespace {

constexpr double kTooLate = 0.01;  // share of requests that may be sent late

// Milliseconds, to the microsecond where that matters.
std::string Number(double value) {
  return value < 1 ? absl::StrFormat("%.3f", value) : absl::StrFormat("%.2f", value);
}

std::string HeadLine(const LoadHead& head, const LoadResult& result) {
  const LoadOptions& options = head.options;
  if (!options.arrivals.has_value()) {
    return absl::StrFormat("closed loop, %d in flight: %d requests in %.2f s\n", options.in_flight,
                           result.all.requests, result.seconds);
  }
  return absl::StrFormat("open loop, %s, seed %d: %d requests in %.2f s\n",
                         ArrivalsText(*options.arrivals), options.seed, result.all.requests,
                         result.seconds);
}

std::string RateLine(const LoadHead& head, const LoadResult& result) {
  std::string text;
  if (head.options.arrivals.has_value()) {
    text = absl::StrFormat("per second  offered %.2f, sent %.2f, ", result.offered_per_s,
                           result.sent_per_s);
  } else {
    text = "per second  ";
  }
  absl::StrAppendFormat(&text, "ok %.2f, in time %.2f\n", result.requests_per_s,
                        result.goodput_per_s);
  return text;
}

void AddClass(const std::string& name, const ClassStats& stats, TextTable* table) {
  const LatencyHistogram& times = stats.latency;
  table->AddRow({name, absl::StrCat(stats.requests), absl::StrCat(stats.ok),
                 absl::StrCat(stats.in_time), Number(times.mean_ms()),
                 Number(times.PercentileMs(50)), Number(times.PercentileMs(90)),
                 Number(times.PercentileMs(95)), Number(times.PercentileMs(99)),
                 Number(times.PercentileMs(99.9)), Number(times.max_ms())});
}

std::string ClassTable(const LoadHead& head, const LoadResult& result) {
  using enum TextTable::Align;
  TextTable table({{"latency ms", kLeft},
                   {"requests", kRight},
                   {"ok", kRight},
                   {"in time", kRight},
                   {"mean", kRight},
                   {"p50", kRight},
                   {"p90", kRight},
                   {"p95", kRight},
                   {"p99", kRight},
                   {"p99.9", kRight},
                   {"max", kRight}});
  if (head.classes.size() > 1) {
    for (size_t i = 0; i < head.classes.size(); ++i) {
      AddClass(head.classes[i].name, result.stats.classes[i], &table);
    }
  }
  AddClass("all", result.all, &table);
  return table.Format();
}

std::string StageTable(const StageStats& stats) {
  using enum TextTable::Align;
  if (stats.stages().empty()) {
    return "";
  }
  TextTable table({{"stage, mean / p99 ms", kLeft},
                   {"queue", kRight},
                   {"form", kRight},
                   {"to device", kRight},
                   {"execute", kRight},
                   {"from device", kRight},
                   {"host", kRight},
                   {"batch", kRight}});
  const auto pair = [](const LatencyHistogram& times) {
    return times.max_ms() == 0
               ? std::string("-")
               : absl::StrCat(Number(times.mean_ms()), " / ", Number(times.PercentileMs(99)));
  };
  for (const StageStats::Stage& stage : stats.stages()) {
    const double answers = static_cast<double>(stage.execute.count());
    table.AddRow({stage.name, pair(stage.queue), pair(stage.batch_form), pair(stage.h2d),
                  pair(stage.execute), pair(stage.d2h), pair(stage.host),
                  stage.batch_size > 0 ? Number(stage.batch_size / answers) : "-"});
  }
  return "\n" + table.Format();
}

std::string OutcomeLines(const ClassStats& stats) {
  std::string text;
  for (const auto& [code, count] : stats.errors) {
    absl::StrAppendFormat(&text, "errors      %d %s, after %.2f ms (p50)\n", count,
                          absl::StatusCodeToString(code),
                          stats.error_latency.at(code).PercentileMs(50));
  }
  if (stats.not_sent > 0) {
    absl::StrAppend(&text, "not sent    ", stats.not_sent, ": --max-in-flight was reached\n");
  }
  if (stats.dropped > 0) {
    absl::StrAppend(&text, "dropped     ", stats.dropped,
                    " frames, by the server, for newer ones\n");
  }
  if (stats.checked > 0) {
    absl::StrAppend(&text, "checked     ", stats.checked, " answers, ", stats.wrong, " wrong\n");
  }
  if (stats.cancelled_by_client > 0) {
    absl::StrAppend(&text, "cancelled   ", stats.cancelled_by_client,
                    " by this client, as asked\n");
  }
  if (stats.retry_after.count() > 0) {
    absl::StrAppendFormat(&text, "retry-after %d hints, mean %.2f ms\n", stats.retry_after.count(),
                          stats.retry_after.mean_ms());
  }
  return text;
}

std::string SenderLines(const LoadHead& head, const LoadResult& result) {
  if (!head.options.arrivals.has_value()) {
    return absl::StrFormat("client      %.2f cores\n", result.client_cores);
  }
  std::string text =
      absl::StrFormat("client      %.2f cores, late by %.3f ms (mean), %.3f (p99), %.3f (max)\n",
                      result.client_cores, result.stats.lateness.mean_ms(),
                      result.stats.lateness.PercentileMs(99), result.stats.lateness.max_ms());
  if (static_cast<double>(result.stats.late) >
      kTooLate * static_cast<double>(result.stats.lateness.count())) {
    absl::StrAppend(&text, "warning     ", result.stats.late,
                    " requests were sent over 1 ms late: this client is slow; the latencies above "
                    "contain that. Try --senders or --channels, or a machine of its own\n");
  }
  return text;
}

std::string EventLines(const std::vector<RunEventOutcome>& events) {
  std::string text;
  for (const RunEventOutcome& event : events) {
    absl::StrAppendFormat(&text, "event       %.3f s %s, %.1f ms%s\n", event.at_s, event.name,
                          event.took_ms,
                          event.status.ok() ? "" : ": " + std::string(event.status.message()));
  }
  return text;
}

// The 95 % intervals, of an open loop's figures from the scheduled time.
std::string StabilityLine(const Stability& stability) {
  if (stability.windows < Stability::kLeastWindows) {
    return absl::StrFormat("stability   unknown: %d windows with answers, %d are needed\n",
                           stability.windows, Stability::kLeastWindows);
  }
  return absl::StrFormat("stability   95 %% intervals: mean %s to %s ms, p99 %s to %s ms\n",
                         Number(stability.mean.low), Number(stability.mean.high),
                         Number(stability.p99.low), Number(stability.p99.high));
}

constexpr size_t kPartsShown = 6;

std::string TailTable(const LoadStats& stats) {
  const TailExplanation tail = ExplainTail(stats.slowest, stats.sample);
  if (tail.parts.empty()) {
    return "";
  }
  using enum TextTable::Align;
  TextTable table({{absl::StrCat("the slowest ", tail.answers, ", mean ms"), kLeft},
                   {"usual", kRight},
                   {"there", kRight},
                   {"main cause of", kRight}});
  for (size_t i = 0; i < std::min(kPartsShown, tail.parts.size()); ++i) {
    const TailExplanation::Part& part = tail.parts[i];
    table.AddRow(
        {part.name, Number(part.usual_ms), Number(part.tail_ms), absl::StrCat(part.main_cause)});
  }
  table.AddRow({"all", Number(tail.usual_ms), Number(tail.tail_ms), ""});
  return "\n" + table.Format();
}

}  // namespace

std::string LoadText(const LoadHead& head, const LoadResult& result) {
  return absl::StrCat(HeadLine(head, result), RateLine(head, result), OutcomeLines(result.all),
                      EventLines(result.events), SenderLines(head, result),
                      StabilityLine(result.stability), "\n", ClassTable(head, result),
                      StageTable(result.all.stages), TailTable(result.stats));
}

}  // namespace omserve::client

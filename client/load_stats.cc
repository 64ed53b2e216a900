// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load_stats.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace omserve::client {

double Percentile(const std::vector<double>& sorted, double percent) {
  if (sorted.empty()) {
    return 0;
  }
  const double count = static_cast<double>(sorted.size());
  const double rank = std::clamp(std::ceil(percent / 100 * count), 1.0, count);
  return sorted[static_cast<size_t>(rank) - 1];
}

void LoadStats::Record(const absl::Status& status, absl::Duration latency) {
  MutexLock lock(mutex_);
  if (status.ok()) {
    latencies_ms_.push_back(absl::ToDoubleMilliseconds(latency));
  } else {
    ++errors_[absl::StatusCodeToString(status.code())];
  }
}

LoadSummary LoadStats::Summarize(absl::Duration elapsed) const {
  LoadSummary summary;
  std::vector<double> sorted;
  {
    MutexLock lock(mutex_);
    sorted = latencies_ms_;
    summary.errors = errors_;
  }
  std::sort(sorted.begin(), sorted.end());
  summary.ok = static_cast<int64_t>(sorted.size());
  summary.requests = summary.ok;
  for (const auto& [code, count] : summary.errors) {
    summary.requests += count;
  }
  summary.seconds = absl::ToDoubleSeconds(elapsed);
  if (summary.seconds > 0) {
    summary.requests_per_s = static_cast<double>(summary.ok) / summary.seconds;
  }
  if (!sorted.empty()) {
    summary.mean_ms =
        std::accumulate(sorted.begin(), sorted.end(), 0.0) / static_cast<double>(sorted.size());
    summary.p50_ms = Percentile(sorted, 50);
    summary.p90_ms = Percentile(sorted, 90);
    summary.p99_ms = Percentile(sorted, 99);
    summary.max_ms = sorted.back();
  }
  return summary;
}

nlohmann::json ToJson(const LoadSummary& summary) {
  return {{"requests", summary.requests},
          {"ok", summary.ok},
          {"errors", summary.errors},
          {"seconds", summary.seconds},
          {"requests_per_s", summary.requests_per_s},
          {"latency_ms",
           {{"mean", summary.mean_ms},
            {"p50", summary.p50_ms},
            {"p90", summary.p90_ms},
            {"p99", summary.p99_ms},
            {"max", summary.max_ms}}}};
}

std::string FormatLoad(const LoadSummary& summary) {
  std::string text = absl::StrFormat(
      "requests    %d in %.2f s, %d ok\nthroughput  %.2f requests/s\n"
      "latency ms  mean %.2f  p50 %.2f  p90 %.2f  p99 %.2f  max %.2f\n",
      summary.requests, summary.seconds, summary.ok, summary.requests_per_s, summary.mean_ms,
      summary.p50_ms, summary.p90_ms, summary.p99_ms, summary.max_ms);
  for (const auto& [code, count] : summary.errors) {
    absl::StrAppend(&text, "errors      ", count, " ", code, "\n");
  }
  return text;
}

}  // namespace omserve::client

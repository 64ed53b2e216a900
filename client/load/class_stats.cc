// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/class_stats.h"

namespace omserve::client {
namespace {

absl::Duration Between(Ending::Time from, Ending::Time to) { return absl::FromChrono(to - from); }

}  // namespace

absl::Duration InsideServer(const v1::Timing& timing) {
  return absl::Seconds(timing.sent().seconds() - timing.received().seconds()) +
         absl::Nanoseconds(timing.sent().nanos() - timing.received().nanos());
}

void ClassStats::Record(const Ending& ending) {
  ++requests;
  const absl::Duration since_sent = Between(ending.sent, ending.ended);
  if (ending.code != absl::StatusCode::kOk) {
    if (ending.cancelled_by_client && ending.code == absl::StatusCode::kCancelled) {
      ++cancelled_by_client;
      return;
    }
    ++errors[ending.code];
    error_latency[ending.code].Record(since_sent);
    if (ending.retry_after.has_value()) {
      retry_after.Record(*ending.retry_after);
    }
    return;
  }
  ++ok;
  const absl::Duration since_scheduled = Between(ending.scheduled, ending.ended);
  in_time += since_scheduled <= ending.limit && !ending.wrong ? 1 : 0;
  checked += ending.checked ? 1 : 0;
  wrong += ending.wrong ? 1 : 0;
  latency.Record(since_scheduled);
  sent_latency.Record(since_sent);
  if (ending.timing != nullptr) {
    stages.Record(*ending.timing);
    if (ending.timing->has_received() && ending.timing->has_sent()) {
      const absl::Duration inside = InsideServer(*ending.timing);
      server.Record(inside);
      outside.Record(since_sent - inside);
    }
  }
}

void ClassStats::RecordNotSent() {
  ++requests;
  ++not_sent;
}

void ClassStats::RecordDropped() {
  ++requests;
  ++dropped;
}

void ClassStats::Merge(const ClassStats& other) {
  requests += other.requests;
  ok += other.ok;
  in_time += other.in_time;
  checked += other.checked;
  wrong += other.wrong;
  dropped += other.dropped;
  cancelled_by_client += other.cancelled_by_client;
  not_sent += other.not_sent;
  for (const auto& [code, count] : other.errors) {
    errors[code] += count;
  }
  latency.Merge(other.latency);
  sent_latency.Merge(other.sent_latency);
  server.Merge(other.server);
  outside.Merge(other.outside);
  retry_after.Merge(other.retry_after);
  for (const auto& [code, times] : other.error_latency) {
    error_latency[code].Merge(times);
  }
  stages.Merge(other.stages);
}

}  // namespace omserve::client

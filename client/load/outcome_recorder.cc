// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/outcome_recorder.h"

#include <algorithm>

namespace omserve::client {
namespace {

constexpr absl::Duration kLate = absl::Milliseconds(1);

}  // namespace

OutcomeRecorder::OutcomeRecorder(const LoadPlan& plan, LoadProgress* progress)
    : plan_(plan), progress_(progress) {
  stats_.classes.resize(plan.classes.size());
}

bool OutcomeRecorder::IsMeasured(const LoadOrder& order) const {
  return order.number >= static_cast<uint64_t>(plan_.options.warmup) &&
         (order.number < kFirstFrame || order.scheduled >= progress_->measured_begin());
}

absl::Duration OutcomeRecorder::At(const LoadOrder& order) const {
  return order.scheduled > progress_->measured_begin()
             ? absl::FromChrono(order.scheduled - progress_->measured_begin())
             : absl::ZeroDuration();
}

void OutcomeRecorder::Sent(const LoadOrder& order) {
  if (!IsMeasured(order)) {
    return;
  }
  stats_.last_sent = std::max(stats_.last_sent, order.sent);
  const absl::Duration lateness = absl::FromChrono(order.sent - order.scheduled);
  stats_.lateness.Record(lateness);
  stats_.late += lateness > kLate ? 1 : 0;
}

void OutcomeRecorder::NotSent(const LoadOrder& order) {
  progress_->CountNotSent();
  if (!IsMeasured(order)) {
    return;
  }
  stats_.classes[order.request_class].RecordNotSent();
  TimeWindows::Window& window = stats_.windows.At(At(order));
  ++window.requests;
  ++window.not_sent;
}

void OutcomeRecorder::Dropped(const LoadOrder& order) {
  progress_->CountDropped();
  if (!IsMeasured(order)) {
    return;
  }
  stats_.classes[order.request_class].RecordDropped();
  TimeWindows::Window& window = stats_.windows.At(At(order));
  ++window.requests;
  ++window.dropped;
}

void OutcomeRecorder::Ended(const LoadOrder& order, Ending ending,
                            std::optional<absl::Duration> elapsed) {
  const bool ok = ending.code == absl::StatusCode::kOk;
  ending.scheduled = order.scheduled;
  ending.sent = order.sent;
  ending.limit = plan_.classes[order.request_class].limit();
  const absl::Duration latency = absl::FromChrono(ending.ended - order.scheduled);
  progress_->CountEnded(ok, latency);
  if (ok && ending.ended >= progress_->measured_begin() && ending.ended <= progress_->send_end()) {
    ++stats_.steady_ok;
  }
  if (!IsMeasured(order)) {
    return;
  }
  stats_.classes[order.request_class].Record(ending);
  TimeWindows::Window& window = stats_.windows.At(At(order));
  ++window.requests;
  if (ok) {
    ++window.ok;
    window.in_time += latency <= ending.limit && !ending.wrong ? 1 : 0;
    window.wrong += ending.wrong ? 1 : 0;
    window.latency.Record(latency);
    Keep(order, ending);
  } else {
    ++window.failed;
  }
  if (plan_.options.records) {
    stats_.records.push_back(MakeRecord(order.number, order.request_class, ending, elapsed));
  }
  stats_.last_sent = std::max(stats_.last_sent, ending.sent);
  stats_.last_ended = std::max(stats_.last_ended, ending.ended);
}

void OutcomeRecorder::Keep(const LoadOrder& order, const Ending& ending) {
  const absl::Duration latency = absl::FromChrono(ending.ended - ending.scheduled);
  const auto answer = [&] {
    LoadAnswer kept = {.latency = latency,
                       .sent_latency = absl::FromChrono(ending.ended - ending.sent),
                       .at = At(order),
                       .number = order.number,
                       .request_class = order.request_class,
                       .timing = {}};
    if (ending.timing != nullptr) kept.timing = *ending.timing;
    return kept;
  };
  if (stats_.slowest.Wants(latency)) stats_.slowest.Add(answer());
  if (stats_.sample.Wants(order.number)) stats_.sample.Add(answer());
}

}  // namespace omserve::client

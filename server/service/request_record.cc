// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/request_record.h"

#include <algorithm>
#include <array>

namespace omserve {
namespace {

Phase HostPhase(const StageTiming& timing) {
  if (timing.stage == "decode") return Phase::kDecode;
  return timing.stage == "preprocess" ? Phase::kPreprocess : Phase::kPostprocess;
}

RequestTimes TimesOf(const StageTiming& timing) {
  RequestTimes times;
  times.queue = timing.queue + timing.batch_form;
  times.input = timing.h2d + timing.gather;
  times.infer = timing.execute;
  times.output = timing.d2h;
  times.total = times.queue + times.input + times.infer + times.output;
  return times;
}

void RecordStatistics(const RequestMetrics& metrics, const absl::Status& status,
                      absl::Duration duration, const std::vector<StageTiming>& timings,
                      absl::Time arrival) {
  if (metrics.statistics == nullptr) return;
  if (!status.ok()) {
    metrics.statistics->AddFailure(duration, arrival);
    return;
  }
  RequestTimes sum;
  for (const StageTiming& timing : timings) {
    if (timing.device < 0) {
      const bool after = HostPhase(timing) == Phase::kPostprocess;
      (after ? sum.output : sum.input) += timing.host;
      continue;
    }
    const RequestTimes times = TimesOf(timing);
    sum.queue += times.queue;
    sum.input += times.input;
    sum.infer += times.infer;
    sum.output += times.output;
    if (metrics.stage_statistics == nullptr) continue;
    InferStatistics* const stage = metrics.stage_statistics->stage(timing.stage);
    if (stage != nullptr) stage->AddSuccess(times, arrival);
  }
  sum.total = duration;
  metrics.statistics->AddSuccess(sum, arrival);
  if (metrics.stage_statistics != nullptr) metrics.statistics->AddRun();
}

}  // namespace

FailureReason ReasonOf(const absl::Status& status, bool reached_device, bool draining) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
      return FailureReason::kInvalidInput;
    case absl::StatusCode::kNotFound:
      return FailureReason::kModelUnavailable;
    case absl::StatusCode::kResourceExhausted:
      return FailureReason::kQueueFull;
    case absl::StatusCode::kDeadlineExceeded:
      return reached_device ? FailureReason::kDeadlineExec : FailureReason::kDeadlineQueue;
    case absl::StatusCode::kCancelled:
      return FailureReason::kCancelled;
    case absl::StatusCode::kAborted:
      return FailureReason::kSuperseded;
    case absl::StatusCode::kUnavailable:
      return draining ? FailureReason::kModelUnavailable : FailureReason::kDeviceError;
    default:
      return FailureReason::kInternal;
  }
}

void RecordRequest(const RequestMetrics& metrics, const absl::Status& status,
                   absl::Duration duration, const std::vector<StageTiming>& timings,
                   absl::Time arrival, bool draining) {
  RecordStatistics(metrics, status, duration, timings, arrival);
  if (metrics.off) return;
  const auto code = static_cast<size_t>(status.raw_code());
  metrics.requests[code < kStatusCodes ? code : 2]->Increment();
  metrics.duration->Observe(absl::ToDoubleSeconds(duration));
  const bool reached_device = std::any_of(timings.begin(), timings.end(),
                                          [](const StageTiming& t) { return t.device >= 0; });
  if (!status.ok()) {
    const FailureReason reason = ReasonOf(status, reached_device, draining);
    metrics.failures[static_cast<size_t>(reason)]->Increment();
    return;
  }
  std::array<absl::Duration, kPhases> sums{};
  const auto add = [&](Phase phase, absl::Duration time) {
    sums[static_cast<size_t>(phase)] += time;
  };
  for (const StageTiming& timing : timings) {
    if (timing.device < 0) {
      add(HostPhase(timing), timing.host);
      continue;
    }
    add(Phase::kQueue, timing.queue + timing.batch_form);
    add(Phase::kH2d, timing.h2d + timing.gather);
    add(Phase::kExecute, timing.execute);
    add(Phase::kD2h, timing.d2h);
  }
  for (size_t i = 0; i < kPhases; ++i) {
    metrics.phases[i]->Observe(absl::ToDoubleSeconds(sums[i]));
  }
}

}  // namespace omserve

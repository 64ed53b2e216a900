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
                   bool draining) {
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

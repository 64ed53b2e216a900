// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/metrics/request_snapshot.h"

namespace omserve {

RequestSnapshot SnapshotOf(const RequestMetrics& metrics) {
  RequestSnapshot out;
  if (metrics.duration == nullptr) return out;
  for (size_t i = 0; i < metrics.requests.size(); ++i) {
    out.requests[i] = static_cast<int64_t>(metrics.requests[i]->Value());
  }
  for (size_t i = 0; i < metrics.phases.size(); ++i) {
    out.phases[i] = metrics.phases[i]->Collect().histogram.sample_sum;
  }
  uint64_t below = 0;
  for (const auto& bucket : metrics.duration->Collect().histogram.bucket) {
    out.bounds.push_back(bucket.upper_bound);
    out.durations.push_back(static_cast<int64_t>(bucket.cumulative_count - below));
    below = bucket.cumulative_count;
  }
  return out;
}

StageSnapshot SnapshotOf(const StageMetrics& metrics) {
  if (metrics.batches == nullptr) return {};
  return {static_cast<int64_t>(metrics.queue->Value()),
          static_cast<int64_t>(metrics.inferences->Value()),
          static_cast<int64_t>(metrics.batches->Value()),
          static_cast<int64_t>(metrics.padded_items->Value())};
}

}  // namespace omserve

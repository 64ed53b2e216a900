// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/kserve/statistics_conversion.h"

#include <algorithm>

namespace omserve::kserve {
namespace {

uint64_t Nanoseconds(absl::Duration time) {
  return static_cast<uint64_t>(std::max<int64_t>(0, absl::ToInt64Nanoseconds(time)));
}

void Set(uint64_t count, absl::Duration time, inference::StatisticDuration& out) {
  out.set_count(count);
  out.set_ns(Nanoseconds(time));
}

void Set(const CountedTime& from, inference::StatisticDuration& out) {
  Set(from.count, from.time, out);
}

}  // namespace

void ConvertStatistics(const InferTotals& totals, inference::ModelStatistics& out) {
  out.set_last_inference(totals.last == absl::InfinitePast()
                             ? 0
                             : static_cast<uint64_t>(absl::ToUnixMillis(totals.last)));
  out.set_inference_count(totals.inferences);
  out.set_execution_count(totals.executions);
  inference::InferStatistics& requests = *out.mutable_inference_stats();
  Set(totals.success, *requests.mutable_success());
  Set(totals.fail, *requests.mutable_fail());
  const uint64_t count = totals.success.count;
  Set(count, totals.queue, *requests.mutable_queue());
  Set(count, totals.input, *requests.mutable_compute_input());
  Set(count, totals.infer, *requests.mutable_compute_infer());
  Set(count, totals.output, *requests.mutable_compute_output());
  requests.mutable_cache_hit();
  requests.mutable_cache_miss();
  for (const auto& [size, times] : totals.batches) {
    inference::InferBatchStatistics& batch = *out.add_batch_stats();
    batch.set_batch_size(static_cast<uint64_t>(size));
    Set(times.input, *batch.mutable_compute_input());
    Set(times.infer, *batch.mutable_compute_infer());
    Set(times.output, *batch.mutable_compute_output());
  }
}

}  // namespace omserve::kserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/metrics/infer_statistics.h"

namespace omserve {

void InferStatistics::AddSuccess(const RequestTimes& times, absl::Time arrival) {
  MutexLock lock(mutex_);
  totals_.success.Add(times.total);
  totals_.queue += times.queue;
  totals_.input += times.input;
  totals_.infer += times.infer;
  totals_.output += times.output;
  if (arrival > totals_.last) totals_.last = arrival;
}

void InferStatistics::AddFailure(absl::Duration total, absl::Time arrival) {
  MutexLock lock(mutex_);
  totals_.fail.Add(total);
  if (arrival > totals_.last) totals_.last = arrival;
}

void InferStatistics::AddBatch(int items, absl::Duration input, absl::Duration infer,
                               absl::Duration output) {
  MutexLock lock(mutex_);
  totals_.inferences += static_cast<uint64_t>(items);
  ++totals_.executions;
  BatchTimes& batches = totals_.batches[items];
  batches.input.Add(input);
  batches.infer.Add(infer);
  batches.output.Add(output);
}

void InferStatistics::AddRun() {
  MutexLock lock(mutex_);
  ++totals_.inferences;
  ++totals_.executions;
}

InferTotals InferStatistics::totals() const {
  MutexLock lock(mutex_);
  return totals_;
}

InferStatistics& PipelineStatistics::AddStage(const std::string& name) {
  MutexLock lock(mutex_);
  std::unique_ptr<InferStatistics>& entry = stages_[name];
  if (entry == nullptr) entry = std::make_unique<InferStatistics>();
  return *entry;
}

InferStatistics* PipelineStatistics::stage(std::string_view name) const {
  MutexLock lock(mutex_);
  const auto found = stages_.find(name);
  return found == stages_.end() ? nullptr : found->second.get();
}

PipelineStatistics& StatisticsBook::Of(const std::string& model) {
  MutexLock lock(mutex_);
  std::unique_ptr<PipelineStatistics>& entry = pipelines_[model];
  if (entry == nullptr) entry = std::make_unique<PipelineStatistics>();
  return *entry;
}

}  // namespace omserve

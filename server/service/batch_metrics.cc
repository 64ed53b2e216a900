// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/batch_metrics.h"

#include <utility>

namespace omserve {

BatchMetrics::BatchMetrics(ServerMetrics& metrics, const std::vector<int>& devices)
    : metrics_(metrics) {
  for (const int device : devices) {
    devices_.emplace(device, metrics_.AddDevice(device));
    for (const std::string_view result : RecoveryResults()) {
      recoveries_[device][std::string(result)] = metrics_.AddRecovery(device, result);
    }
  }
}

void BatchMetrics::AddStage(const std::string& model, const std::string& stage,
                            InferStatistics* statistics) {
  if (Find(model, stage) != nullptr) return;
  Stage entry;
  entry.statistics = statistics;
  entry.metrics = metrics_.AddStage(model, stage);
  for (const std::string_view reason : CallEndReasons()) {
    entry.ends[std::string(reason)] = metrics_.AddCallEnd(model, stage, reason);
  }
  MutexLock lock(mutex_);
  models_[model].emplace(stage, std::move(entry));
}

const BatchMetrics::Stage* BatchMetrics::Find(std::string_view model,
                                              std::string_view stage) const {
  MutexLock lock(mutex_);
  const auto stages = models_.find(model);
  if (stages == models_.end()) return nullptr;
  const auto found = stages->second.find(stage);
  return found == stages->second.end() ? nullptr : &found->second;
}

StageSnapshot BatchMetrics::Snapshot(std::string_view model, std::string_view stage) const {
  const Stage* const entry = Find(model, stage);
  return entry == nullptr ? StageSnapshot() : SnapshotOf(entry->metrics);
}

void BatchMetrics::OnBatch(const BatchRecord& record) {
  const auto device = devices_.find(record.device);
  if (device != devices_.end()) {
    device->second.busy_seconds->Increment(absl::ToDoubleSeconds(record.execute));
    const auto code = static_cast<size_t>(record.status.raw_code());
    if (!record.status.ok()) device->second.errors[code < kStatusCodes ? code : 2]->Increment();
  }
  const Stage* stage = Find(record.model, record.stage);
  if (stage == nullptr || !record.status.ok()) return;
  stage->metrics.batch_size->Observe(record.items);
  stage->metrics.padded_items->Increment(record.padding);
  stage->metrics.inferences->Increment(record.items);
  stage->metrics.batches->Increment();
  if (stage->statistics != nullptr) {
    stage->statistics->AddBatch(record.items, record.h2d, record.execute, record.d2h);
  }
}

void BatchMetrics::OnQueueDepth(std::string_view model, std::string_view stage, int items) {
  const Stage* entry = Find(model, stage);
  if (entry != nullptr) entry->metrics.queue->Set(items);
}

void BatchMetrics::OnCallEnded(std::string_view model, std::string_view stage,
                               std::string_view reason) {
  const Stage* entry = Find(model, stage);
  if (entry == nullptr) return;
  const auto end = entry->ends.find(reason);
  if (end != entry->ends.end()) end->second->Increment();
}

void BatchMetrics::OnShadowCheck(std::string_view model, std::string_view stage, bool equal) {
  const Stage* entry = Find(model, stage);
  if (entry == nullptr) return;
  (equal ? entry->metrics.shadow_equal : entry->metrics.shadow_different)->Increment();
}

void BatchMetrics::OnDeviceRecovery(int device, std::string_view result) {
  const auto results = recoveries_.find(device);
  if (results == recoveries_.end()) return;
  const auto counter = results->second.find(result);
  if (counter != results->second.end()) counter->second->Increment();
}

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "pipelines/base/mutex.h"
#include "server/batching/batch_observer.h"
#include "server/metrics/request_snapshot.h"
#include "server/metrics/server_metrics.h"

namespace omserve {

// Turns what the scheduler tells into metrics. Children are looked up in maps; those of stages are
// added when a model is loaded, and stay. Owned by the server; outlives the runners. Thread-safe.
class BatchMetrics final : public BatchObserver {
 public:
  // 'metrics' must outlive the object.
  BatchMetrics(ServerMetrics& metrics, const std::vector<int>& devices);

  // Before the model's runner is made. A stage that is there already stays as it is. 'statistics',
  // which count its batches too, outlive this object; null is none.
  void AddStage(const std::string& model, const std::string& stage,
                InferStatistics* statistics = nullptr);

  void OnBatch(const BatchRecord& record) override;
  void OnQueueDepth(std::string_view model, std::string_view stage, int items) override;
  void OnCallEnded(std::string_view model, std::string_view stage,
                   std::string_view reason) override;
  void OnShadowCheck(std::string_view model, std::string_view stage, bool equal) override;
  void OnDeviceRecovery(int device, std::string_view result) override;

  const std::map<int, DeviceMetrics>& devices() const { return devices_; }
  // Zeros for a stage that there is not.
  StageSnapshot Snapshot(std::string_view model, std::string_view stage) const;

 private:
  struct Stage {
    StageMetrics metrics;
    std::map<std::string, prometheus::Counter*, std::less<>> ends;  // by reason
    InferStatistics* statistics = nullptr;
  };
  // Lives as long as this.
  const Stage* Find(std::string_view model, std::string_view stage) const;

  ServerMetrics& metrics_;
  std::map<int, DeviceMetrics> devices_;
  std::map<int, std::map<std::string, prometheus::Counter*, std::less<>>> recoveries_;  // by result
  mutable Mutex mutex_;
  std::map<std::string, std::map<std::string, Stage, std::less<>>, std::less<>> models_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace omserve

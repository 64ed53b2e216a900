// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/batching/batch_observer.h"
#include "server/metrics/server_metrics.h"

namespace omserve {

// Turns what the scheduler tells into metrics. The children are looked up in maps that are filled
// at start and never change after. Owned by the server; outlives the runners. Thread-safe once
// filled.
class BatchMetrics final : public BatchObserver {
 public:
  // 'metrics' must outlive the object.
  BatchMetrics(ServerMetrics& metrics, const std::vector<int>& devices);

  // Before the model's runner is made.
  void AddStage(const std::string& model, const std::string& stage);

  void OnBatch(const BatchRecord& record) override;
  void OnQueueDepth(std::string_view model, std::string_view stage, int items) override;
  void OnCallEnded(std::string_view model, std::string_view stage,
                   std::string_view reason) override;
  void OnShadowCheck(std::string_view model, std::string_view stage, bool equal) override;
  void OnDeviceRecovery(int device, std::string_view result) override;

  const std::map<int, DeviceMetrics>& devices() const { return devices_; }

 private:
  struct Stage {
    StageMetrics metrics;
    std::map<std::string, prometheus::Counter*, std::less<>> ends;  // by reason
  };
  const Stage* Find(std::string_view model, std::string_view stage) const;

  ServerMetrics& metrics_;
  std::map<int, DeviceMetrics> devices_;
  std::map<int, std::map<std::string, prometheus::Counter*, std::less<>>> recoveries_;  // by result
  std::map<std::string, std::map<std::string, Stage, std::less<>>, std::less<>> models_;
};

}  // namespace omserve

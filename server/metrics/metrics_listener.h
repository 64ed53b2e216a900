// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/metrics/process_collector.h"
#include "server/metrics/server_metrics.h"

namespace prometheus {
class Exposer;
}

namespace omserve {

// GET /metrics for Prometheus, on a port of its own. Owned by the server; 'metrics' must outlive
// it. Thread-safe.
class MetricsListener {
 public:
  // 'address' is host:port; port 0 takes a free one. UNAVAILABLE when it cannot be listened on.
  static absl::StatusOr<std::unique_ptr<MetricsListener>> Start(const std::string& address,
                                                                const ServerMetrics& metrics);
  ~MetricsListener();

  int port() const { return port_; }

 private:
  MetricsListener();

  const std::shared_ptr<ProcessCollector> process_;  // shared: the exposer wants a weak pointer
  std::unique_ptr<prometheus::Exposer> exposer_;
  int port_ = 0;
};

}  // namespace omserve

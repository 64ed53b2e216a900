// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/metrics/process_collector.h"
#include "server/metrics/server_metrics.h"

struct mg_connection;
struct mg_context;

namespace omserve {

// One document of the metrics port.
struct MetricsPage {
  std::string path;  // "/status.json"
  std::string content_type;
  // Called at every request, on the listener's threads, two at once at most. Thread-safe.
  std::function<std::string()> body;
};

// GET /metrics for Prometheus, and further pages, on a port of its own. Nothing can be changed
// here: other methods than GET and HEAD are refused. Owned by the server; 'metrics' and what the
// pages use must outlive it. Thread-safe.
class MetricsListener {
 public:
  // 'address' is host:port; port 0 takes a free one. UNAVAILABLE when it cannot be listened on.
  static absl::StatusOr<std::unique_ptr<MetricsListener>> Start(
      const std::string& address, const ServerMetrics& metrics,
      std::vector<MetricsPage> pages = {});
  // Waits for the requests under way.
  ~MetricsListener();

  int port() const { return port_; }

 private:
  MetricsListener(const ServerMetrics& metrics, std::vector<MetricsPage> pages);

  static int OnRequest(mg_connection* connection, void* self);
  void Answer(mg_connection* connection) const;
  // What a scrape gets.
  std::string Metrics() const;

  const ServerMetrics& metrics_;
  const ProcessCollector process_;
  std::vector<MetricsPage> pages_;
  mg_context* server_ = nullptr;
  int port_ = 0;
};

}  // namespace omserve

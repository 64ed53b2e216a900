// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/metrics/metrics_listener.h"

#include <exception>
#include <vector>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "prometheus/exposer.h"

namespace omserve {

MetricsListener::MetricsListener() : process_(std::make_shared<ProcessCollector>()) {}
MetricsListener::~MetricsListener() = default;

absl::StatusOr<std::unique_ptr<MetricsListener>> MetricsListener::Start(
    const std::string& address, const ServerMetrics& metrics) {
  auto listener = absl::WrapUnique(new MetricsListener());
  // prometheus-cpp tells a busy port by an exception.
  try {
    listener->exposer_ = std::make_unique<prometheus::Exposer>(address, 2);
    listener->exposer_->RegisterCollectable(metrics.registry());
    listener->exposer_->RegisterCollectable(listener->process_);
    const std::vector<int> ports = listener->exposer_->GetListeningPorts();
    if (!ports.empty()) listener->port_ = ports.front();
  } catch (const std::exception& e) {
    return absl::UnavailableError(absl::StrCat("listeners.metrics: cannot listen on ", address,
                                               "; is the port in use? (", e.what(), ")"));
  }
  return listener;
}

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "client/mutex.h"

namespace omserve::client {

// The value that 'percent' (0 to 100) of 'sorted' do not exceed, by the nearest rank; 0 if empty.
// REQUIRES: 'sorted' ascends. Thread-safe.
double Percentile(const std::vector<double>& sorted, double percent);

// What a load run measured. Latencies (milliseconds) are those of successful requests.
struct LoadSummary {
  int64_t requests = 0;
  int64_t ok = 0;
  std::map<std::string, int64_t> errors;  // by code
  double seconds = 0;                     // first start to last end
  double requests_per_s = 0;              // successful ones
  double mean_ms = 0;
  double p50_ms = 0;
  double p90_ms = 0;
  double p99_ms = 0;
  double max_ms = 0;
};

nlohmann::json ToJson(const LoadSummary& summary);
std::string FormatLoad(const LoadSummary& summary);

// Gathers the ends of requests. Thread-safe.
class LoadStats {
 public:
  void Record(const absl::Status& status, absl::Duration latency);
  LoadSummary Summarize(absl::Duration elapsed) const;

 private:
  mutable Mutex mutex_;
  std::vector<double> latencies_ms_ ABSL_GUARDED_BY(mutex_);  // in the order of their ends
  std::map<std::string, int64_t> errors_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace omserve::client

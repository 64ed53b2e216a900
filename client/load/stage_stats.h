// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "client/load/latency_histogram.h"
#include "omserve/v1/vision.pb.h"

namespace omserve::client {

// What the answers say about the server's stages, by stage: where the latency was spent.
// Thread-compatible.
class StageStats {
 public:
  // One stage's part in all answers.
  struct Stage {
    std::string name;
    LatencyHistogram queue;
    LatencyHistogram batch_form;
    LatencyHistogram h2d;
    LatencyHistogram execute;
    LatencyHistogram d2h;
    LatencyHistogram host;
    int64_t batches = 0;
    double batch_size = 0;  // summed over answers
    double padding = 0;     // summed over answers
  };

  void Record(const v1::Timing& timing);
  void Merge(const StageStats& other);

  // In the order in which they were first seen.
  const std::vector<Stage>& stages() const { return stages_; }
  // [{"stage", "answers", "queue_ms": {"mean", "p50", "p99", "max"}, "batch_form_ms", "h2d_ms",
  //   "execute_ms", "d2h_ms", "host_ms", "batch_size", "padding", "batches"}], sizes as means.
  nlohmann::json ToJson() const;

 private:
  Stage& Named(const std::string& name);

  std::vector<Stage> stages_;
};

}  // namespace omserve::client

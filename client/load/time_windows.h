// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <vector>

#include "absl/time/time.h"
#include "client/load/latency_histogram.h"

namespace omserve::client {

// What became of the requests that were due in equal spans of a run, however long it lasts: when
// there would be too many windows, two become one and all are twice as wide. At most kMost windows,
// 29 KB each where latencies reach 10 s. Thread-compatible.
class TimeWindows {
 public:
  static constexpr size_t kMost = 256;
  static constexpr size_t kShown = 100;  // of ToJson, at most

  struct Window {
    int64_t requests = 0;
    int64_t ok = 0;
    int64_t in_time = 0;
    int64_t wrong = 0;    // of 'ok'
    int64_t failed = 0;   // those that the client cancelled included
    int64_t dropped = 0;  // frames
    int64_t not_sent = 0;
    LatencyHistogram latency;  // of 'ok', from the scheduled time

    void Merge(const Window& other);
  };

  explicit TimeWindows(absl::Duration width = absl::Milliseconds(50)) : width_(width) {}

  // The window of a request that was due 'at' after the begin of what is measured; before it: the
  // first one. Valid until the next call.
  Window& At(absl::Duration at);
  // 'other' began with the same width.
  void Merge(TimeWindows other);

  absl::Duration width() const { return width_; }
  const std::vector<Window>& windows() const { return windows_; }
  // 'count' windows over what was measured, of widths that differ by one of ours at most; fewer if
  // there are not so many. REQUIRES: count > 0.
  std::vector<Window> Grouped(size_t count) const;
  // {"width_s", "windows": [{"ok", "in_time", "wrong", "failed", "dropped", "not_sent", "mean",
  // "p50", "p99", "max"}]}, latencies in milliseconds, null without answers.
  nlohmann::json ToJson() const;

 private:
  void Halve();

  absl::Duration width_;
  std::vector<Window> windows_;
};

}  // namespace omserve::client

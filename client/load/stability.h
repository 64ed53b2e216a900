// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "client/load/time_windows.h"

namespace omserve::client {

// How well a run's figures are known: 95 % confidence intervals by a bootstrap over windows. The
// windows of the run are drawn with replacement, as many as there are, kDraws times; the interval
// holds the middle 95 % of what the draws give (percentile bootstrap, Efron 1979). Neighbouring
// requests share a window, so that their dependence does not make the interval too narrow.
struct Stability {
  static constexpr size_t kWindows = 20;      // that a run is divided into
  static constexpr size_t kLeastWindows = 5;  // fewer say nothing
  static constexpr int kDraws = 1000;

  struct Interval {
    double low = 0;
    double high = 0;
    // Half the interval over 'value'; infinity when that is 0.
    double RelativeHalfWidth(double value) const;
  };

  size_t windows = 0;  // with answers in them
  double mean_ms = 0;
  double p99_ms = 0;
  double ok_per_s = 0;
  Interval mean;
  Interval p99;
  Interval rate;

  // Enough windows, and mean and p99 within 'share' of their figures.
  bool IsStable(double share) const;
  // {"windows", "mean_ms": {"value", "low", "high"}, "p99_ms", "ok_per_s"}.
  nlohmann::json ToJson() const;
};

// Of what was measured. Deterministic: 'seed' draws. Thread-safe.
Stability MeasureStability(const TimeWindows& windows, uint64_t seed);

}  // namespace omserve::client

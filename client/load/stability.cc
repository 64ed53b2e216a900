// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/stability.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "client/load/seeded_draw.h"

namespace omserve::client {
namespace {

constexpr double kTail = 0.025;  // on either side

Stability::Interval Middle(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const auto at = [&values](double share) {
    return values[static_cast<size_t>(share * static_cast<double>(values.size() - 1) + 0.5)];
  };
  return {.low = at(kTail), .high = at(1 - kTail)};
}

nlohmann::json IntervalJson(double value, const Stability::Interval& interval) {
  return {{"value", value}, {"low", interval.low}, {"high", interval.high}};
}

}  // namespace

double Stability::Interval::RelativeHalfWidth(double value) const {
  return value > 0 ? (high - low) / 2 / value : std::numeric_limits<double>::infinity();
}

bool Stability::IsStable(double share) const {
  return windows >= kLeastWindows && mean.RelativeHalfWidth(mean_ms) <= share &&
         p99.RelativeHalfWidth(p99_ms) <= share;
}

nlohmann::json Stability::ToJson() const {
  return {{"windows", windows},
          {"mean_ms", IntervalJson(mean_ms, mean)},
          {"p99_ms", IntervalJson(p99_ms, p99)},
          {"ok_per_s", IntervalJson(ok_per_s, rate)}};
}

Stability MeasureStability(const TimeWindows& windows, uint64_t seed) {
  Stability result;
  std::vector<TimeWindows::Window> groups = windows.Grouped(Stability::kWindows);
  if (groups.empty()) return result;
  const double seconds = absl::ToDoubleSeconds(windows.width()) *
                         static_cast<double>(windows.windows().size()) /
                         static_cast<double>(groups.size());  // a window, on average
  TimeWindows::Window all;
  for (const TimeWindows::Window& group : groups) {
    all.Merge(group);
    result.windows += group.ok > 0 ? 1 : 0;
  }
  result.mean_ms = all.latency.mean_ms();
  result.p99_ms = all.latency.PercentileMs(99);
  result.ok_per_s = static_cast<double>(all.ok) / (seconds * static_cast<double>(groups.size()));
  std::vector<double> means;
  std::vector<double> p99s;
  std::vector<double> rates;
  uint64_t number = 0;
  for (int draw = 0; draw < Stability::kDraws; ++draw) {
    TimeWindows::Window drawn;
    for (size_t i = 0; i < groups.size(); ++i) {
      const double share = SeededDraw(seed, DrawFor::kBootstrap, number++);
      drawn.Merge(groups[static_cast<size_t>(share * static_cast<double>(groups.size()))]);
    }
    rates.push_back(static_cast<double>(drawn.ok) / (seconds * static_cast<double>(groups.size())));
    if (drawn.ok == 0) continue;
    means.push_back(drawn.latency.mean_ms());
    p99s.push_back(drawn.latency.PercentileMs(99));
  }
  result.rate = Middle(std::move(rates));
  if (means.empty()) return result;
  result.mean = Middle(std::move(means));
  result.p99 = Middle(std::move(p99s));
  return result;
}

}  // namespace omserve::client

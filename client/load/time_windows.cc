// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/time_windows.h"

#include <algorithm>
#include <utility>

namespace omserve::client {

void TimeWindows::Window::Merge(const Window& other) {
  requests += other.requests;
  ok += other.ok;
  in_time += other.in_time;
  wrong += other.wrong;
  failed += other.failed;
  dropped += other.dropped;
  not_sent += other.not_sent;
  latency.Merge(other.latency);
}

TimeWindows::Window& TimeWindows::At(absl::Duration at) {
  const auto place = [this, at] {
    return static_cast<size_t>(std::max<int64_t>(0, at / width_));  // whole widths
  };
  while (place() >= kMost) Halve();
  if (place() >= windows_.size()) windows_.resize(place() + 1);
  return windows_[place()];
}

void TimeWindows::Halve() {
  for (size_t i = 0; i < windows_.size(); ++i) {
    if (i % 2 == 0) {
      if (i > 0) windows_[i / 2] = std::move(windows_[i]);
    } else {
      windows_[i / 2].Merge(windows_[i]);
    }
  }
  windows_.resize((windows_.size() + 1) / 2);
  width_ *= 2;
}

void TimeWindows::Merge(TimeWindows other) {
  while (width_ < other.width_) Halve();
  while (other.width_ < width_) other.Halve();
  windows_.resize(std::max(windows_.size(), other.windows_.size()));
  for (size_t i = 0; i < other.windows_.size(); ++i) windows_[i].Merge(other.windows_[i]);
}

std::vector<TimeWindows::Window> TimeWindows::Grouped(size_t count) const {
  std::vector<Window> groups(std::min(count, windows_.size()));
  for (size_t i = 0; i < windows_.size(); ++i) {
    groups[i * groups.size() / windows_.size()].Merge(windows_[i]);
  }
  return groups;
}

nlohmann::json TimeWindows::ToJson() const {
  // So many become one.
  const size_t size = std::max<size_t>(1, (windows_.size() + kShown - 1) / kShown);
  nlohmann::json list = nlohmann::json::array();
  for (size_t i = 0; i < windows_.size(); i += size) {
    Window window;
    for (size_t k = i; k < std::min(i + size, windows_.size()); ++k) window.Merge(windows_[k]);
    const LatencyHistogram& times = window.latency;
    const auto number = [&times](double value) {
      return times.count() > 0 ? nlohmann::json(value) : nlohmann::json(nullptr);
    };
    list.push_back({{"ok", window.ok},
                    {"in_time", window.in_time},
                    {"wrong", window.wrong},
                    {"failed", window.failed},
                    {"dropped", window.dropped},
                    {"not_sent", window.not_sent},
                    {"mean", number(times.mean_ms())},
                    {"p50", number(times.PercentileMs(50))},
                    {"p99", number(times.PercentileMs(99))},
                    {"max", number(times.max_ms())}});
  }
  return {{"width_s", absl::ToDoubleSeconds(width_ * static_cast<int64_t>(size))},
          {"windows", std::move(list)}};
}

}  // namespace omserve::client

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "profile.h"

#include <time.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <nlohmann/json.hpp>

namespace hostacl {

std::unique_ptr<Profile> Profile::Load(const std::string& path, std::string* problem) {
  std::ifstream file(path);
  const nlohmann::json root = nlohmann::json::parse(file, nullptr, /*allow_exceptions=*/false);
  if (!file || !root.is_object()) {
    *problem = "HOSTACL_PROFILE: " + path + " is missing or no JSON object";
    return nullptr;
  }
  auto profile = std::make_unique<Profile>();
  const auto compute = root.find("compute");
  if (compute != root.end()) {
    if (*compute != "real" && *compute != "replay") {
      *problem = "HOSTACL_PROFILE: \"compute\" must be \"real\" or \"replay\" in " + path;
      return nullptr;
    }
    profile->replay_ = *compute == "replay";
  }
  const auto rate = root.find("copy_gb_per_s");
  if (rate != root.end() && rate->is_number()) profile->copy_gb_per_s_ = rate->get<double>();
  const auto models = root.find("models");
  if (models == root.end() || !models->is_object()) {
    *problem = "HOSTACL_PROFILE: \"models\" is missing in " + path;
    return nullptr;
  }
  for (const auto& [name, times] : models->items()) {
    for (const auto& [batch, time] : times.items()) {
      if (!time.is_number() || time.get<double>() < 0) {
        *problem = "HOSTACL_PROFILE: time of " + name + " at " + batch + " is no number >= 0";
        return nullptr;
      }
      profile->milliseconds_[name][batch] = time.get<double>();
    }
  }
  return profile;
}

std::optional<Clock::duration> Profile::Time(const std::string& model,
                                             const std::string& gear) const {
  const auto times = milliseconds_.find(model);
  if (times == milliseconds_.end()) return std::nullopt;
  auto time = times->second.find(gear);
  if (time == times->second.end()) time = times->second.find("default");
  if (time == times->second.end()) return std::nullopt;
  return std::chrono::duration_cast<Clock::duration>(
      std::chrono::duration<double, std::milli>(time->second));
}

TimePoint Timeline::Reserve(TimePoint ready, Clock::duration length) {
  MutexLock lock(&mutex_);
  const TimePoint start = std::max(ready, end_);
  end_ = start + length;
  return start;
}

void WaitUntil(TimePoint when) {
  const auto since = std::chrono::duration_cast<std::chrono::nanoseconds>(when.time_since_epoch());
  timespec target{};
  target.tv_sec = static_cast<time_t>(since.count() / 1000000000);
  target.tv_nsec = static_cast<long>(since.count() % 1000000000);
  // std::chrono::steady_clock is CLOCK_MONOTONIC on Linux.
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &target, nullptr) == EINTR) {
  }
}

}  // namespace hostacl

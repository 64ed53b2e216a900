// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// The engine's devices: their lanes, the end of those that failed, and how they come back.
#include <algorithm>
#include <utility>

#include "pipelines/base/status_macros.h"
#include "server/base/keep_for_ever.h"
#include "server/batching/batch_engine.h"
#include "spdlog/spdlog.h"

namespace omserve {
namespace {

// In the life of a device: one that fails again and again is not worth what falls with it.
constexpr int kMostRecoveries = 3;
constexpr absl::Duration kIdle = absl::Seconds(3600);

constexpr std::string_view kRecovered = "recovered";
constexpr std::string_view kFailed = "failed";
constexpr std::string_view kStuck = "stuck";
constexpr std::string_view kExhausted = "exhausted";

}  // namespace

std::vector<std::string_view> RecoveryResults() {
  return {kRecovered, kFailed, kStuck, kExhausted};
}

absl::StatusOr<BatchEngine::Lanes> BatchEngine::MakeLanes(size_t device) {
  Lanes lanes;
  for (int lane = 0; lane < options_.lanes; ++lane) {
    OMSERVE_ASSIGN_OR_RETURN(auto made, DeviceLane::Create(lane, device, devices_, mover_, clock_,
                                                           *this, options_.scheduling.slots));
    lanes.push_back(std::move(made));
  }
  return lanes;
}

BatchEngine::~BatchEngine() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  recover_.NotifyAll();
  timer_.NotifyAll();
  recovery_thread_.Join();
  timer_thread_.Join();
  std::vector<Lanes> lanes;
  {
    MutexLock lock(mutex_);
    lanes.swap(lanes_);
  }
  for (Lanes& of_device : lanes) {
    for (auto& lane : of_device) {
      lane->Stop();
      // The device may write to what the lane holds until the process ends.
      if (lane->stuck()) KeepForEver(std::move(lane));
    }
  }
}

bool BatchEngine::LanesStuck() const {
  return recovery_.stuck() || std::any_of(lanes_.begin(), lanes_.end(), [](const Lanes& lanes) {
           return std::any_of(lanes.begin(), lanes.end(), [](const auto& l) { return l->stuck(); });
         });
}

bool BatchEngine::stuck() const {
  MutexLock lock(mutex_);
  return LanesStuck();
}

void BatchEngine::Abandon(const scheduling::FencedDevice& fenced) {
  const size_t device = static_cast<size_t>(fenced.device);
  const int id = devices_.device(device).id();
  // Before it is marked: never without a device and without hope while there is some.
  if (options_.recovery) recoveries_.fetch_add(1);
  devices_.device(device).MarkUnhealthy(fenced.why);
  for (const auto& [batch, order] : batches_) {
    if (order.device != fenced.device) continue;
    for (const scheduling::Segment& segment : order.segments) {
      if (const auto call = calls_.find(segment.job); call != calls_.end()) {
        call->second->Abandon(id);
      }
    }
  }
  for (const auto& lane : lanes_[device]) lane->Abandon();
  if (!options_.recovery) return;
  // Those with nothing on it now: when it comes back, nothing may go to where they were.
  for (const auto& [job, call] : calls_) call->Abandon(id);
  to_recover_.push_back(device);
  recover_.NotifyAll();
}

void BatchEngine::RecoveryLoop() {
  while (true) {
    size_t device = 0;
    {
      MutexLock lock(mutex_);
      while (to_recover_.empty() && !stopping_) recover_.WaitFor(mutex_, kIdle);
      if (stopping_) return;
      device = to_recover_.front();
      to_recover_.pop_front();
    }
    const std::string_view result = Recover(device);
    recoveries_.fetch_sub(1);
    observer_.OnDeviceRecovery(devices_.device(device).id(), result);
  }
}

std::string_view BatchEngine::Recover(size_t device) {
  const int id = devices_.device(device).id();
  const absl::Status why = devices_.device(device).health();
  if (attempts_[device] >= kMostRecoveries) {
    spdlog::error("device {}: failed again after {} resets, stays out: {}", id, kMostRecoveries,
                  why.ToString());
    return kExhausted;
  }
  std::vector<DeviceLane*> lanes;
  {
    MutexLock lock(mutex_);
    for (const auto& lane : lanes_[device]) lanes.push_back(lane.get());
  }
  for (DeviceLane* const lane : lanes) lane->Stop();
  if (std::any_of(lanes.begin(), lanes.end(), [](DeviceLane* lane) { return lane->stuck(); })) {
    spdlog::error("device {}: work on it never ended, so it is not reset and stays out: {}", id,
                  why.ToString());
    return kStuck;
  }
  const int attempt = ++attempts_[device];
  spdlog::warn("device {}: resetting it, {} of {}: {}", id, attempt, kMostRecoveries,
               why.ToString());
  if (const absl::Status back = BringBack(device); !back.ok()) {
    spdlog::error("device {}: the reset did not help, it stays out: {}", id, back.ToString());
    return recovery_.stuck() ? kStuck : kFailed;
  }
  spdlog::warn("device {}: works again, all stages give the answers of before", id);
  return kRecovered;
}

absl::Status BatchEngine::BringBack(size_t device) {
  OMSERVE_RETURN_IF_ERROR(recovery_.Recover(device));
  OMSERVE_ASSIGN_OR_RETURN(Lanes lanes, MakeLanes(device));
  if (!devices_.device(device).MarkHealthy()) return devices_.device(device).health();
  Aftermath after;
  {
    MutexLock lock(mutex_);
    retired_.push_back(std::exchange(lanes_[device], std::move(lanes)));
    scheduler_.Revive(static_cast<int>(device), Now());
    Turn(after);
  }
  Conclude(after);
  return absl::OkStatus();
}

}  // namespace omserve

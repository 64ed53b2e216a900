// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// The engine's devices: their lanes, and the end of those that failed.
#include <algorithm>
#include <utility>

#include "pipelines/base/status_macros.h"
#include "server/base/keep_for_ever.h"
#include "server/batching/batch_engine.h"

namespace omserve {

absl::Status BatchEngine::MakeLanes() {
  for (size_t device = 0; device < devices_.size(); ++device) {
    lanes_.emplace_back();
    for (int lane = 0; lane < options_.lanes; ++lane) {
      OMSERVE_ASSIGN_OR_RETURN(auto made, DeviceLane::Create(lane, device, devices_, mover_, clock_,
                                                             *this, options_.scheduling.slots));
      lanes_.back().push_back(std::move(made));
    }
  }
  return absl::OkStatus();
}

BatchEngine::~BatchEngine() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  timer_.NotifyAll();
  timer_thread_.Join();
  for (auto& lanes : lanes_) {
    for (auto& lane : lanes) {
      // The device may write to what the lane holds until the process ends.
      if (lane->stuck()) KeepForEver(std::move(lane));
    }
  }
  lanes_.clear();
}

bool BatchEngine::stuck() const {
  return std::any_of(lanes_.begin(), lanes_.end(), [](const auto& lanes) {
    return std::any_of(lanes.begin(), lanes.end(), [](const auto& l) { return l->stuck(); });
  });
}

void BatchEngine::Abandon(const scheduling::FencedDevice& fenced) {
  const size_t device = static_cast<size_t>(fenced.device);
  devices_.device(device).MarkUnhealthy(fenced.why);
  for (const auto& [id, order] : batches_) {
    if (order.device != fenced.device) continue;
    for (const scheduling::Segment& segment : order.segments) {
      if (const auto call = calls_.find(segment.job); call != calls_.end()) {
        call->second->Abandon(devices_.device(device).id());
      }
    }
  }
  for (const auto& lane : lanes_[device]) lane->Abandon();
}

}  // namespace omserve

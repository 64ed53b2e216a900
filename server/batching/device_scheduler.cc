// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/batching/device_scheduler.h"

#include <algorithm>
#include <utility>

#include "absl/memory/memory.h"
#include "pipelines/base/status_macros.h"

namespace omserve {

absl::StatusOr<std::unique_ptr<DeviceScheduler>> DeviceScheduler::Create(
    size_t device, DeviceSet& devices, const std::vector<LoadedStage>& stages,
    const DeviceQueue::Shared& shared) {
  auto scheduler = absl::WrapUnique(new DeviceScheduler(devices.device(device)));
  std::vector<DeviceQueue::Stage> queue_stages;
  int lanes = 1;
  for (const LoadedStage& stage : stages) {
    queue_stages.push_back({stage.spec.name, stage.spec.max_queue_items, stage.spec.instances,
                            stage.spec.max_delay, &stage.models[device]->info()});
    lanes = std::max(lanes, stage.spec.instances);
  }
  scheduler->queue_ = std::make_unique<DeviceQueue>(std::move(queue_stages), lanes,
                                                    devices.device(device).id(), shared);
  for (int i = 0; i < lanes; ++i) {
    OMSERVE_ASSIGN_OR_RETURN(
        auto lane, DeviceLane::Create(i, device, devices, stages, *scheduler->queue_, shared));
    scheduler->lanes_.push_back(std::move(lane));
  }
  return scheduler;
}

DeviceScheduler::~DeviceScheduler() { Stop(absl::UnavailableError("the model is being unloaded")); }

void DeviceScheduler::Stop(const absl::Status& why) {
  if (queue_ != nullptr) queue_->Close(why);
  lanes_.clear();
}

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/device/device_set.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "pipelines/base/status_macros.h"
#include "server/device/acl_api.h"
#include "server/device/acl_runtime.h"

namespace omserve {

DeviceSet::DeviceSet() = default;
DeviceSet::~DeviceSet() {
  // The last device first, as the members of a vector have no stated order.
  staging_.reset();
  while (!devices_.empty()) devices_.pop_back();
}

absl::StatusOr<std::unique_ptr<DeviceSet>> DeviceSet::Create(const AclOptions& options,
                                                             std::vector<int> ids,
                                                             const Clock& /*clock*/) {
  auto set = absl::WrapUnique(new DeviceSet());
  OMSERVE_ASSIGN_OR_RETURN(set->api_, AclApi::Load(options.library_path));
  OMSERVE_ASSIGN_OR_RETURN(set->runtime_, AclRuntime::Create(*set->api_, options.config_path));
  const int count = set->runtime_->device_count();
  if (count == 0) return absl::UnavailableError("there is no device on this machine");
  if (ids.empty()) {
    ids.resize(static_cast<size_t>(count));
    std::iota(ids.begin(), ids.end(), 0);
  }
  for (size_t i = 0; i < ids.size(); ++i) {
    if (ids[i] < 0 || ids[i] >= count) {
      return absl::InvalidArgumentError(
          absl::StrCat("no such device; ids go from 0 to ", count - 1, ": ", ids[i]));
    }
    if (std::find(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(i), ids[i]) !=
        ids.begin() + static_cast<std::ptrdiff_t>(i)) {
      return absl::InvalidArgumentError(absl::StrCat("device named twice: ", ids[i]));
    }
    OMSERVE_ASSIGN_OR_RETURN(auto device, Device::Create(*set->api_, ids[i]));
    set->devices_.push_back(std::move(device));
  }
  std::vector<const Device*> devices;
  for (const auto& device : set->devices_) devices.push_back(device.get());
  set->staging_ = std::make_unique<StagingPool>(std::move(devices));
  return set;
}

const std::string& DeviceSet::soc_name() const { return devices_.front()->soc_name(); }

const std::string& DeviceSet::acl_version() const { return runtime_->version(); }

int DeviceSet::healthy() const {
  return static_cast<int>(std::count_if(devices_.begin(), devices_.end(),
                                        [](const auto& device) { return device->healthy(); }));
}

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "pipelines/base/clock.h"
#include "server/device/device.h"
#include "server/device/staging_pool.h"

namespace omserve {

class AclApi;
class AclRuntime;

// How to reach the ACL library.
struct AclOptions {
  std::string library_path = "libascendcl.so";  // a path, or a name for the dynamic loader
  std::string config_path;                      // aclInit's JSON; empty for the defaults
};

// The devices that the server works with, and the ACL runtime under them. Owned by the server;
// everything made from it (models, buffers, runners) must go first. Thread-safe.
class DeviceSet {
 public:
  // Opens the library, initialises ACL and makes one context per device. 'ids' empty means every
  // device there is. Errors: NOT_FOUND (library), INVALID_ARGUMENT (unknown or repeated id),
  // UNAVAILABLE (no device), else what ACL said. 'clock' must outlive the set.
  static absl::StatusOr<std::unique_ptr<DeviceSet>> Create(const AclOptions& options,
                                                           std::vector<int> ids,
                                                           const Clock& clock);
  ~DeviceSet();

  // In the order of the ids. Valid as long as the set.
  size_t size() const { return devices_.size(); }
  Device& device(size_t index) const { return *devices_[index]; }

  // Page-locked host memory that any device of the set can copy from.
  StagingPool& staging() const { return *staging_; }

  const std::string& soc_name() const;
  // "8.0.1" like version of the ACL interface; empty when the library does not tell.
  const std::string& acl_version() const;
  // Devices that take work.
  int healthy() const;

 private:
  DeviceSet();

  // Destroyed from the bottom up: staging, contexts, aclFinalize, library.
  std::unique_ptr<AclApi> api_;
  std::unique_ptr<AclRuntime> runtime_;
  std::vector<std::unique_ptr<Device>> devices_;
  std::unique_ptr<StagingPool> staging_;
};

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/device/acl_api.h"

namespace omserve {

// The one owner of aclInit and aclFinalize. If somebody else in the process has initialised ACL
// already, that one stays the owner. Owned by DeviceSet. Thread-safe.
class AclRuntime {
 public:
  // 'api' must outlive the runtime. An empty 'config_path' means ACL's defaults.
  static absl::StatusOr<std::unique_ptr<AclRuntime>> Create(const AclApi& api,
                                                            const std::string& config_path);
  ~AclRuntime();
  AclRuntime(const AclRuntime&) = delete;
  AclRuntime& operator=(const AclRuntime&) = delete;

  int device_count() const { return device_count_; }
  const std::string& version() const { return version_; }

 private:
  AclRuntime(const AclApi& api, bool owner) : api_(api), owner_(owner) {}

  const AclApi& api_;
  const bool owner_;
  int device_count_ = 0;
  std::string version_;
};

}  // namespace omserve

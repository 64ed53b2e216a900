// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/device/acl_runtime.h"

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "pipelines/base/status_macros.h"
#include "server/device/acl_status.h"

namespace omserve {

absl::StatusOr<std::unique_ptr<AclRuntime>> AclRuntime::Create(const AclApi& api,
                                                               const std::string& config_path) {
  const aclError error = api.aclInit(config_path.empty() ? nullptr : config_path.c_str());
  if (error != ACL_SUCCESS && error != ACL_ERROR_REPEAT_INITIALIZE) {
    return AclStatus(api, error, "initialising ACL");
  }
  auto runtime = absl::WrapUnique(new AclRuntime(api, error == ACL_SUCCESS));
  uint32_t count = 0;
  OMSERVE_RETURN_IF_ERROR(AclStatus(api, api.aclrtGetDeviceCount(&count), "counting the devices"));
  runtime->device_count_ = static_cast<int>(count);
  int32_t major = 0;
  int32_t minor = 0;
  int32_t patch = 0;
  if (api.aclrtGetVersion(&major, &minor, &patch) == ACL_SUCCESS) {
    runtime->version_ = absl::StrCat(major, ".", minor, ".", patch);
  }
  return runtime;
}

AclRuntime::~AclRuntime() {
  if (owner_) api_.aclFinalize();
}

}  // namespace omserve

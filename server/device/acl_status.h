// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "server/device/acl_api.h"

namespace omserve {

// The one converter of ACL's errors. 1xxxxx is a fault of the caller or the set-up, 2xxxxx a lack
// of resources, 3xxxxx a passing state, 5xxxxx a fault of the device. Ok for ACL_SUCCESS only.
absl::StatusCode AclStatusCode(aclError error);

// A status with the number and with what ACL says about the calling thread's last error (which
// this reads and so clears). 'what' says what failed, e.g. "loading a model".
absl::Status AclStatus(const AclApi& api, aclError error, std::string_view what);

// True when the device cannot be trusted any more after 'status', which AclStatus made: only a
// restart of the process helps.
bool IsDeviceLost(const absl::Status& status);

// True when 'status', which AclStatus made, says that a wait ended and not the work: what the work
// uses must not be touched.
bool IsWaitTimeout(const absl::Status& status);

// The ACL number in 'status'; 0 when there is none.
aclError AclErrorNumber(const absl::Status& status);

}  // namespace omserve

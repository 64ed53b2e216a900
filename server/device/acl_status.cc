// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/device/acl_status.h"

#include <algorithm>
#include <array>
#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace omserve {
namespace {

constexpr char kNumberPayload[] = "omserve/acl-error";

// Codes whose class differs from the one of their range.
struct Special {
  aclError error;
  absl::StatusCode code;
};
constexpr std::array kSpecial = {
    Special{100000, absl::StatusCode::kInvalidArgument},     // parameter
    Special{107000, absl::StatusCode::kInvalidArgument},     // parameter (runtime)
    Special{145000, absl::StatusCode::kInvalidArgument},     // parameter (executor)
    Special{145013, absl::StatusCode::kInvalidArgument},     // not a gear
    Special{107001, absl::StatusCode::kInvalidArgument},     // no such device
    Special{107019, absl::StatusCode::kUnavailable},         // a wait ended, not the work
    Special{107020, absl::StatusCode::kUnavailable},         // task timed out
    Special{107022, absl::StatusCode::kUnavailable},         // task aborted
    Special{107023, absl::StatusCode::kUnavailable},         // stream aborted
    Special{200001, absl::StatusCode::kUnimplemented},       // API not supported
    Special{200002, absl::StatusCode::kInvalidArgument},     // no such device
    Special{200006, absl::StatusCode::kUnimplemented},       // feature not supported
    Special{207000, absl::StatusCode::kUnimplemented},       // feature not supported (runtime)
    Special{207004, absl::StatusCode::kUnavailable},         // no device
    Special{207006, absl::StatusCode::kPermissionDenied},    // no permission
    Special{345104, absl::StatusCode::kFailedPrecondition},  // data not aligned
    Special{507002, absl::StatusCode::kResourceExhausted},   // too many queued tasks
    Special{507008, absl::StatusCode::kFailedPrecondition},  // made for another chip
    Special{545001, absl::StatusCode::kFailedPrecondition},  // model, weights, tasks or kernels
    Special{545002, absl::StatusCode::kFailedPrecondition},  // of an OM file that do not load
    Special{545003, absl::StatusCode::kFailedPrecondition},
    Special{545004, absl::StatusCode::kFailedPrecondition},
    Special{545005, absl::StatusCode::kFailedPrecondition},
};

// Lost device, poisoned context, dead memory or link.
constexpr std::array<aclError, 32> kLost = {
    107022, 107023, 507001, 507010, 507013, 507014, 507015, 507016, 507017, 507018, 507033,
    507034, 507035, 507036, 507042, 507043, 507044, 507045, 507048, 507049, 507050, 507052,
    507053, 507054, 507055, 507056, 507057, 507899, 507900, 507901, 507904, 207004};

constexpr std::array<aclError, 3> kWaitTimeouts = {107019, 507046, 507047};

template <typename Array>
bool Contains(const Array& array, aclError error) {
  return std::find(array.begin(), array.end(), error) != array.end();
}

}  // namespace

absl::StatusCode AclStatusCode(aclError error) {
  if (error == ACL_SUCCESS) return absl::StatusCode::kOk;
  for (const Special& special : kSpecial) {
    if (special.error == error) return special.code;
  }
  switch (error / 100000) {
    case 1:
      return absl::StatusCode::kFailedPrecondition;
    case 2:
      return absl::StatusCode::kResourceExhausted;
    case 3:
    case 5:
      return absl::StatusCode::kUnavailable;
    default:
      return absl::StatusCode::kInternal;
  }
}

absl::Status AclStatus(const AclApi& api, aclError error, std::string_view what) {
  if (error == ACL_SUCCESS) return absl::OkStatus();
  // The text is only good until the next call, and may be null.
  const char* recent = api.aclGetRecentErrMsg == nullptr ? nullptr : api.aclGetRecentErrMsg();
  std::string message =
      absl::StrCat(absl::string_view(what.data(), what.size()), " failed: ACL error ", error);
  if (recent != nullptr && *recent != '\0') absl::StrAppend(&message, ": ", recent);
  absl::Status status(AclStatusCode(error), message);
  const std::string number = absl::StrCat(error);
  status.SetPayload(kNumberPayload, absl::Cord(absl::string_view(number)));
  return status;
}

aclError AclErrorNumber(const absl::Status& status) {
  const auto payload = status.GetPayload(kNumberPayload);
  aclError error = 0;
  if (!payload.has_value() || !absl::SimpleAtoi(std::string(*payload), &error)) return 0;
  return error;
}

bool IsDeviceLost(const absl::Status& status) { return Contains(kLost, AclErrorNumber(status)); }

bool IsWaitTimeout(const absl::Status& status) {
  return Contains(kWaitTimeouts, AclErrorNumber(status));
}

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/batching/batch_outcome.h"

#include "server/device/acl_status.h"

namespace omserve {
namespace {

scheduling::BatchResult ResultOf(const absl::Status& status) {
  using scheduling::BatchResult;
  if (status.ok()) return BatchResult::kOk;
  if (IsDeviceLost(status)) return BatchResult::kDeviceLost;
  const aclError error = AclErrorNumber(status);
  const bool input = error == 0 ? absl::IsInvalidArgument(status) : error / 100000 == 1;
  return input ? BatchResult::kInputFault : BatchResult::kDeviceFault;
}

}  // namespace

scheduling::BatchOutcome OutcomeOf(const BatchEnd& end) {
  return {ResultOf(end.status), end.status, end.timing.execute, end.timing.h2d};
}

}  // namespace omserve

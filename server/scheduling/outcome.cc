// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/scheduling/outcome.h"

namespace omserve::scheduling {

std::string_view EndReasonName(EndReason reason) {
  switch (reason) {
    case EndReason::kDone:
      return "done";
    case EndReason::kExpired:
      return "expired";
    case EndReason::kCancelled:
      return "cancelled";
    case EndReason::kSuperseded:
      return "superseded";
    case EndReason::kInputFault:
      return "input_fault";
    case EndReason::kDeviceFault:
      return "device_fault";
    case EndReason::kRestart:
      return "restart";
    case EndReason::kPoison:
      return "poison";
    case EndReason::kNoDevice:
      return "no_device";
    case EndReason::kClosed:
      return "closed";
  }
  return "unknown";
}

}  // namespace omserve::scheduling

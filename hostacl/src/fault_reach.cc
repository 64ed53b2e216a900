// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "fault_reach.h"

namespace hostacl {

FaultReach ReachOf(aclError code) {
  switch (code) {
    case 507001:  // task scheduler error
    case 507010:  // heartbeat lost
    case 507033:  // device could not be set up
    case 507901:  // the channel between host and device closed
      return FaultReach::kDevice;
    case 507000:  // internal; the request fails, repeats are a matter for the caller
    case 507002:  // the stream is full
    case 507012:  // no callback came in time
    case 507046:  // a wait for a stream or an event ended; the work goes on
    case 507047:
    case 507052:  // one copy failed
      return FaultReach::kTask;
    default:
      break;
  }
  // Of the internal faults, only the runtime's (507xxx: an operator crashed or hung, memory is
  // broken) spoil what comes after; the graph engine's (545xxx) end with their request.
  return code >= 507000 && code < 508000 ? FaultReach::kContext : FaultReach::kTask;
}

}  // namespace hostacl

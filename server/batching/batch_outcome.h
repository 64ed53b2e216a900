// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/batching/device_lane.h"
#include "server/scheduling/outcome.h"

namespace omserve {

// Whose fault the end of a batch was. ACL's numbers tell: 1xxxxx is what was asked for (the input),
// 2xxxxx, 3xxxxx and most of 5xxxxx the device at that moment, and some of 5xxxxx a device that is
// lost for the process. An error of our own without a number is the input's when it says so.
scheduling::BatchOutcome OutcomeOf(const BatchEnd& end);

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "client/load/load_plan.h"

namespace omserve::client {

// Lets the calling thread wake within microseconds of what it waits for, and not within the 50 that
// Linux grants itself by default.
void WakeSharply();

// Returns at 'due', or later as the machine has it.
void WaitUntil(LoadTime due);

}  // namespace omserve::client

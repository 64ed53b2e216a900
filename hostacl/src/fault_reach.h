// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "acl/acl_base.h"

namespace hostacl {

// Codes that faults on plan give by themselves.
inline constexpr aclError kStreamAborted = 107023;  // the task's stream was ended under it
inline constexpr aclError kDeviceLost = 507901;     // the channel to the device closed

// How far the failure of one queued task goes.
enum class FaultReach {
  kTask,     // the next synchronisation reports it, once; later work is sound
  kContext,  // every later synchronisation of the context reports it, until it is destroyed
  kDevice,   // the card is gone: every later call on the device fails
};

// The reach of an error code on a card, as far as it is documented; where it is not, of the
// wider two. Thread-safe.
FaultReach ReachOf(aclError code);

}  // namespace hostacl

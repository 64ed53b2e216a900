// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "server/scheduling/scheduler.h"

namespace omserve {

// How an engine works. A value.
struct EngineOptions {
  scheduling::SchedulerOptions scheduling;
  // Stream sets a device: the most instances that a stage may have.
  int lanes = 1;
  // A batch that a call completes is submitted by the caller's thread, a host worker. False leaves
  // that to the lanes' threads.
  bool submit_here = true;
  // Every call in batches of its own, for comparisons.
  bool plain = false;
  // Folder for what was measured, so that a restart need not measure again; empty is none.
  std::string cache_dir;
  // Part of the calls, 0 to 1, whose first item is run again alone and compared.
  double shadow_rate = 0;
  // The largest difference that counts as equal, of an output's largest absolute value.
  double shadow_tolerance = 1e-3;
  // A device that has failed is reset, loaded again and checked, instead of left out.
  bool recovery = false;
};

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "device.h"
#include "stream.h"

namespace hostacl {

// The time of one task on an engine: from the turn that it gets on the engine's timeline to the
// end that others see. On the stack of a task; single-thread.
class Stage {
 public:
  // What it is called in the engine log, and how large: rows of an execution, bytes of a copy.
  struct Label {
    std::string_view name;  // lives as long as the stage
    uint64_t size = 0;
  };

  // Takes the next slot of `length` on `engine`, without waiting. `device` gives profile and
  // faults; without a profile the slot is not used and time goes by the clock.
  Stage(Device* device, Timeline* engine, Label label, Clock::duration length, double slow,
        TaskTime* time);
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  // The graph of this stage took so long. What goes beyond the slot makes the engine late.
  void Computed(Clock::duration took);
  // Waits until `bytes` of results must begin to be written, so that they are complete at the end
  // of the slot. A card, too, writes its results before it says so.
  void WaitToWrite(size_t bytes) const;
  // Waits for the end, makes it the task's, and logs the stage.
  void Finish();

 private:
  void Log(TimePoint start) const;

  Device* const device_;
  Timeline* const engine_;
  const Label label_;
  TaskTime* const time_;
  const double slow_;
  const bool profiled_;
  const TimePoint begin_;  // by the clock
  TimePoint end_;
  Clock::duration length_;
  bool overran_ = false;
};

}  // namespace hostacl

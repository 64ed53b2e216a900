// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "mutex.h"

namespace hostacl {

enum class CopyWay { kHostToDevice, kDeviceToHost, kDeviceToDevice };

// The busy time of one engine of an acted device. A stage gets the slot [start, end) that follows
// the one before it, whenever its thread woke up: lateness never adds up. Owned by Device.
// Thread-safe.
class Timeline {
 public:
  // What the engine did, for the report.
  struct Tally {
    uint64_t stages = 0;
    Clock::duration busy{0};     // sum of the slots
    uint64_t overruns = 0;       // stages whose graph took longer than the profile says
    Clock::duration overrun{0};  // by how much, in sum; part of `busy`
    uint64_t completions = 0;    // stages that ended in time or late, without an overrun
    Clock::duration late_p50{0};
    Clock::duration late_p99{0};
    Clock::duration late_max{0};
  };

  // The slot starts at `ready` or at the end of the slot before; returns its start and moves the
  // engine's end to start + length.
  TimePoint Reserve(TimePoint ready, Clock::duration length) HOSTACL_EXCLUDES(mutex_);
  // Makes the slot that was reserved last longer, because its graph was slower than the profile.
  void Overrun(Clock::duration length) HOSTACL_EXCLUDES(mutex_);
  // A completion was made visible this long after the end of its slot.
  void Completed(Clock::duration late) HOSTACL_EXCLUDES(mutex_);
  Tally tally() HOSTACL_EXCLUDES(mutex_);

  // Held while a graph computes, or bytes move, in time that no profile gives.
  Mutex& turn() { return turn_; }

 private:
  // Lateness is counted in steps of 5 us, up to 10 ms.
  static constexpr std::chrono::microseconds kStep{5};
  static constexpr size_t kSteps = 2000;

  Clock::duration Percentile(double share) HOSTACL_REQUIRES(mutex_);

  Mutex turn_;
  Mutex mutex_;
  TimePoint end_ HOSTACL_GUARDED_BY(mutex_) = {};
  Tally tally_ HOSTACL_GUARDED_BY(mutex_);
  std::array<uint32_t, kSteps> late_ HOSTACL_GUARDED_BY(mutex_) = {};
};

// Waits without using the CPU until the absolute time `when`, as exactly as the kernel can: the
// thread's timer slack is 1 ns meanwhile.
void WaitUntil(TimePoint when);

// The timer slack of a thread that waits often, set once, so that WaitUntil need not.
void SharpenTimers();

}  // namespace hostacl

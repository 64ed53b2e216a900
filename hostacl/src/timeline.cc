// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "timeline.h"

#include <sys/prctl.h>
#include <time.h>

#include <algorithm>
#include <cerrno>

namespace hostacl {

TimePoint Timeline::Reserve(TimePoint ready, Clock::duration length) {
  MutexLock lock(&mutex_);
  const TimePoint start = std::max(ready, end_);
  end_ = start + length;
  ++tally_.stages;
  tally_.busy += length;
  return start;
}

void Timeline::Overrun(Clock::duration length) {
  MutexLock lock(&mutex_);
  end_ += length;
  tally_.busy += length;
  ++tally_.overruns;
  tally_.overrun += length;
}

void Timeline::Completed(Clock::duration late) {
  late = std::max(late, Clock::duration{0});
  MutexLock lock(&mutex_);
  ++tally_.completions;
  tally_.late_max = std::max(tally_.late_max, late);
  ++late_[std::min(static_cast<size_t>(late / kStep), kSteps - 1)];
}

Clock::duration Timeline::Percentile(double share) {
  const double wanted = share * static_cast<double>(tally_.completions);
  uint64_t seen = 0;
  for (size_t i = 0; i < kSteps; ++i) {
    seen += late_[i];
    if (late_[i] > 0 && static_cast<double>(seen) >= wanted) {
      return std::min<Clock::duration>(kStep * static_cast<int>(i + 1), tally_.late_max);
    }
  }
  return Clock::duration{0};
}

Timeline::Tally Timeline::tally() {
  MutexLock lock(&mutex_);
  tally_.late_p50 = Percentile(0.5);
  tally_.late_p99 = Percentile(0.99);
  return tally_;
}

void WaitUntil(TimePoint when) {
  if (when <= Clock::now()) return;
  const int slack = prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0);
  if (slack > 1) prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
  const auto since = std::chrono::duration_cast<std::chrono::nanoseconds>(when.time_since_epoch());
  timespec target{};
  target.tv_sec = static_cast<time_t>(since.count() / 1000000000);
  target.tv_nsec = static_cast<long>(since.count() % 1000000000);
  // std::chrono::steady_clock is CLOCK_MONOTONIC on Linux.
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &target, nullptr) == EINTR) {
  }
  if (slack > 1) prctl(PR_SET_TIMERSLACK, static_cast<unsigned long>(slack), 0, 0, 0);
}

void SharpenTimers() { prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0); }

}  // namespace hostacl

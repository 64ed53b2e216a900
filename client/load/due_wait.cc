// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/due_wait.h"

#include <poll.h>
#include <sys/prctl.h>

#include <algorithm>

namespace omserve::client {
namespace {

using std::chrono::nanoseconds;

// A step up for each wake-up that was later than expected, three down for one that was not: they
// are in balance where one of four is not.
constexpr nanoseconds kStep{500};

timespec SpanOf(nanoseconds span) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(span);
  return {.tv_sec = seconds.count(), .tv_nsec = (span - seconds).count()};
}

}  // namespace

void WakeSharply() { prctl(PR_SET_TIMERSLACK, 1); }  // nanoseconds

void DueWait::Learn(LoadTime asked, LoadTime woken) {
  early_ += woken - asked > early_ ? kStep : -3 * kStep;
  early_ = std::clamp(early_, nanoseconds(0), kMostAwake);
}

void DueWait::Until(LoadTime due) {
  const LoadTime asked = AskFor(due);
  LoadTime now = std::chrono::steady_clock::now();
  if (now < asked) {
    while (now < asked) {
      const timespec span = SpanOf(asked - now);
      ppoll(nullptr, 0, &span, nullptr);
      now = std::chrono::steady_clock::now();
    }
    Learn(asked, now);
  }
  while (now < due) {
    now = std::chrono::steady_clock::now();
  }
}

}  // namespace omserve::client

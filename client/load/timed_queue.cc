// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/timed_queue.h"

#include <grpc/support/time.h>
#include <poll.h>

#include <algorithm>
#include <cstdlib>

#include "client/load/queue_event.h"

// What gRPC waits with if its strategy is "poll"; it is there to be replaced.
extern int (*grpc_poll_function)(pollfd* fds, nfds_t count, int timeout_ms);

namespace omserve::client {
namespace {

using std::chrono::nanoseconds;

// The wait of a TimedQueue's thread.
struct TimedWait {
  LoadTime until;
  bool begun = false;
  bool timed_out = false;
};
thread_local TimedWait* current_wait = nullptr;

int Poll(pollfd* fds, nfds_t count, int timeout_ms) {
  TimedWait* const wait = current_wait;
  if (wait == nullptr) {
    return poll(fds, count, timeout_ms);
  }
  wait->begun = true;
  const auto rest =
      std::max<nanoseconds>(nanoseconds(0), wait->until - std::chrono::steady_clock::now());
  if (rest.count() == 0) {
    return poll(fds, count, 0);
  }
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(rest);
  const timespec span = {.tv_sec = seconds.count(), .tv_nsec = (rest - seconds).count()};
  const int found = ppoll(fds, count, &span, nullptr);
  wait->timed_out = found == 0;
  return found;
}

}  // namespace

void PollToTheMicrosecond() {
  setenv("GRPC_POLL_STRATEGY", "poll", /*overwrite=*/1);
  grpc_poll_function = &Poll;
}

bool TimedQueue::Next(LoadTime until) {
  void* tag = nullptr;
  bool ok = false;
  TimedWait wait = {.until = wait_.AskFor(until)};
  current_wait = &wait;
  // It polls once and does not wait, as far as it knows.
  auto found = queue_.AsyncNext(&tag, &ok, gpr_inf_past(GPR_CLOCK_MONOTONIC));
  current_wait = nullptr;
  if (wait.timed_out) {
    wait_.Learn(wait.until, std::chrono::steady_clock::now());
  }
  if (found == grpc::CompletionQueue::TIMEOUT && !wait.begun) {
    const auto rest =
        std::max<nanoseconds>(nanoseconds(0), until - std::chrono::steady_clock::now());
    found = queue_.AsyncNext(&tag, &ok, gpr_time_from_nanos(rest.count(), GPR_TIMESPAN));
  }
  if (found != grpc::CompletionQueue::GOT_EVENT) {
    return false;
  }
  static_cast<QueueEvent*>(tag)->Happened(ok);
  return true;
}

void TimedQueue::Shutdown() {
  queue_.Shutdown();
  void* tag = nullptr;
  bool ok = false;
  while (queue_.Next(&tag, &ok)) static_cast<QueueEvent*>(tag)->Happened(ok);
}

}  // namespace omserve::client

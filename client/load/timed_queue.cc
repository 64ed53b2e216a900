// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/timed_queue.h"

#include <grpc/support/time.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "client/load/queue_event.h"

// What gRPC waits with if its strategy is "poll"; it is there to be replaced.
extern int (*grpc_poll_function)(pollfd* fds, nfds_t count, int timeout_ms);

namespace omserve::client {
namespace {

using std::chrono::nanoseconds;

// No wait is for ever, whatever became of its events.
constexpr int kLongestWaitMs = 1000;

}  // namespace

// Of the queue that this thread waits for.
thread_local TimedQueue::Wait* TimedQueue::Wait::current = nullptr;

// A timer of its own is one more thing to poll for. A time-out would be the same, but it would be
// set up in every wait, and called off by every answer, which is dear where a hypervisor keeps the
// clock.
int TimedQueue::Wait::Poll(pollfd* fds, nfds_t count, int timeout_ms) {
  Wait* const wait = current;
  if (wait == nullptr) {
    return poll(fds, count, timeout_ms);
  }
  wait->begun = true;
  if (wait->until <= std::chrono::steady_clock::now()) {
    return poll(fds, count, 0);
  }
  wait->SetTimer();
  wait->fds.assign(fds, fds + count);
  wait->fds.push_back({.fd = wait->timer, .events = POLLIN, .revents = 0});
  const int found = poll(wait->fds.data(), wait->fds.size(), kLongestWaitMs);
  if (found <= 0) {
    return found;
  }
  for (nfds_t i = 0; i < count; ++i) fds[i].revents = wait->fds[i].revents;
  const int rung = wait->fds.back().revents != 0 ? 1 : 0;
  wait->timed_out = found == rung;
  return found - rung;
}

void TimedQueue::Wait::SetTimer() {
  if (until == set) {
    return;
  }
  set = until;
  itimerspec spec = {};  // never
  if (until != LoadTime::max()) {
    const nanoseconds time = until.time_since_epoch();
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
    spec.it_value = {.tv_sec = seconds.count(), .tv_nsec = (time - seconds).count()};
  }
  timerfd_settime(timer, TFD_TIMER_ABSTIME, &spec, nullptr);
}

void PollToTheMicrosecond() {
  setenv("GRPC_POLL_STRATEGY", "poll", /*overwrite=*/1);
  grpc_poll_function = &TimedQueue::Wait::Poll;
}

TimedQueue::TimedQueue() { wait_.timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC); }

TimedQueue::~TimedQueue() {
  if (wait_.timer >= 0) {
    close(wait_.timer);
  }
}

bool TimedQueue::Next(LoadTime until) {
  void* tag = nullptr;
  bool ok = false;
  if (until != until_) {  // what is learned meanwhile is for the next one
    until_ = until;
    wait_.until = until == LoadTime::max() ? until : due_.AskFor(until);
  }
  wait_.begun = wait_.timed_out = false;
  Wait::current = wait_.timer >= 0 ? &wait_ : nullptr;
  // It polls once and does not wait, as far as it knows.
  auto found = queue_.AsyncNext(&tag, &ok, gpr_inf_past(GPR_CLOCK_MONOTONIC));
  Wait::current = nullptr;
  if (wait_.timed_out) {
    due_.Learn(wait_.until, std::chrono::steady_clock::now());
  }
  if (found == grpc::CompletionQueue::TIMEOUT && !wait_.begun) {
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

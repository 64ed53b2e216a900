// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/completion_queue.h>
#include <poll.h>

#include <vector>

#include "client/load/due_wait.h"
#include "client/load/load_plan.h"

namespace omserve::client {

// Lets TimedQueues wait to the microsecond: gRPC is to wait with poll, each thread for what is its
// own, and to poll as TimedQueue has it. To be called before this process uses gRPC at all.
void PollToTheMicrosecond();

// A completion queue of QueueEvents that is waited for until a point in time, so that one thread
// can send by a schedule and take the answers as they come: no request is handed from thread to
// thread, and no two threads want the connection at once. gRPC's own waits end at whole
// milliseconds; so do these unless PollToTheMicrosecond was called. Thread-compatible; gRPC adds to
// it from any thread.
class TimedQueue {
 public:
  TimedQueue();
  ~TimedQueue();
  TimedQueue(const TimedQueue&) = delete;
  TimedQueue& operator=(const TimedQueue&) = delete;

  // For calls to end in.
  grpc::CompletionQueue* get() { return &queue_; }
  // Waits for an event and lets it happen. False if there was none until shortly before 'until',
  // so that the caller asks again, or is in time. Looks once at least.
  bool Next(LoadTime until);
  // Whether the last Next has waited to the microsecond; an event that was there already needs
  // none.
  bool polls() const { return wait_.begun; }
  // Takes what is left, too.
  void Shutdown();

 private:
  friend void PollToTheMicrosecond();
  // What gRPC's poll is told.
  struct Wait {
    static int Poll(pollfd* fds, nfds_t count, int timeout_ms);
    void SetTimer();

    static thread_local Wait* current;  // that this thread is in

    LoadTime until = LoadTime::max();
    bool begun = false;      // gRPC has polled
    bool timed_out = false;  // and nothing came
    int timer = -1;          // its file; none: gRPC waits as it likes
    LoadTime set = LoadTime::max();
    std::vector<pollfd> fds;
  };

  grpc::CompletionQueue queue_;
  DueWait due_;
  LoadTime until_ = LoadTime::max();  // of the last wait
  Wait wait_;
};

}  // namespace omserve::client

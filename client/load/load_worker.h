// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/alarm.h>
#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "client/load/class_stats.h"
#include "client/load/load_plan.h"
#include "client/load/request_records.h"
#include "client/load/slowest_answers.h"
#include "client/mutex.h"

namespace omserve::client {

// What one worker measured.
struct WorkerStats {
  std::vector<ClassStats> classes;  // as in the plan
  LatencyHistogram lateness;        // of an open loop: from due to sent
  int64_t late = 0;                 // requests that were sent over a millisecond late
  int64_t steady_ok = 0;            // ok answers between the measured begin and the last sending
  LoadTime last_sent;               // of the measured requests
  LoadTime last_ended;              // of the measured requests
  SlowestAnswers slowest;
  std::vector<RequestRecord> records;  // of the measured requests, if the plan wants them
};

// Sends its part of a plan over one completion queue, and takes the answers, on one thread: two
// threads on a connection get in each other's way when processors are short. In a closed loop the
// end of a request starts the next one. In an open loop whatever is due is sent after every event,
// and a second thread does nothing but sleep until the next request is due and wake the first one,
// unless that has been quicker; no answer is ever waited for. Every call ends at its deadline, so
// that a worker ends. The call objects are used again; their number is bounded by the plan. The
// last reference to a channel stays with the owner of 'channels'. Single-thread.
class LoadWorker {
 public:
  // REQUIRES: 'plan' and 'progress' outlive it; at least one channel.
  LoadWorker(const LoadPlan& plan, int number,
             const std::vector<std::shared_ptr<grpc::Channel>>& channels, LoadProgress* progress);
  // Waits for the end.
  ~LoadWorker();
  LoadWorker(const LoadWorker&) = delete;
  LoadWorker& operator=(const LoadWorker&) = delete;

  void Start();
  // Waits until every request has ended, 'patience' at most; whether they have.
  bool WaitUntilDone(absl::Duration patience);
  // REQUIRES: WaitUntilDone has returned true.
  WorkerStats TakeStats();

 private:
  struct Call;
  // What comes out of the completion queue.
  struct Event {
    Call* call;
    bool is_alarm;
  };

  void Send();
  void SendOnTime();
  void SendDue();
  void SendInFlight();
  void Receive();
  void Handle(Event* event, bool ok);
  void Begin(Call* call, uint64_t number, LoadTime scheduled, LoadTime sent);
  void Record(const Call& call);
  // A call that is not in use; null if there may be no more of them.
  Call* Acquire(int limit) ABSL_LOCKS_EXCLUDED(mutex_);
  void Release(Call* call) ABSL_LOCKS_EXCLUDED(mutex_);

  const LoadPlan& plan_;
  const uint64_t number_;
  LoadProgress* const progress_;
  std::vector<grpc::GenericStub> stubs_;
  grpc::CompletionQueue queue_;
  WorkerStats stats_;  // of the one thread that sends and receives
  v1::Timing timing_;  // of the same thread, used again for each answer
  // Of an open loop: the next request to send, and what wakes that thread when it is due.
  std::atomic<uint64_t> next_due_;
  Event due_{nullptr, true};
  grpc::Alarm tick_;

  Mutex mutex_;
  CondVar all_free_;
  CondVar done_changed_;
  std::vector<std::unique_ptr<Call>> calls_ ABSL_GUARDED_BY(mutex_);
  std::vector<Call*> free_ ABSL_GUARDED_BY(mutex_);
  bool done_ ABSL_GUARDED_BY(mutex_) = false;
  CondVar woken_changed_;
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;

  std::thread sender_;
  std::thread receiver_;
};

}  // namespace omserve::client

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <thread>
#include <vector>

#include "client/load/answer_check.h"
#include "client/load/call_pool.h"
#include "client/load/load_call.h"
#include "client/load/load_channels.h"
#include "client/load/load_plan.h"
#include "client/load/load_progress.h"
#include "client/load/load_stats.h"
#include "client/load/outcome_recorder.h"
#include "client/load/timed_queue.h"
#include "client/mutex.h"

namespace omserve::client {

// Sends its part of a plan's single requests over one completion queue, and takes the answers, all
// on one thread: two would hand each request to each other, and want the connection at once. In a
// closed loop the end of a request starts the next one. In an open loop it takes answers until
// something is due, and sends it. No answer is ever waited for. Every call ends at its deadline, so
// that a worker ends. Thread-compatible, Reconnect thread-safe.
class LoadWorker final : private LoadCall::Owner {
 public:
  // REQUIRES: 'plan', 'progress' and 'check' (may be null) outlive it; at least one channel.
  LoadWorker(const LoadPlan& plan, int number, const LoadChannels& channels, LoadProgress* progress,
             const AnswerCheck* check);
  // Waits for the end.
  ~LoadWorker();
  LoadWorker(const LoadWorker&) = delete;
  LoadWorker& operator=(const LoadWorker&) = delete;

  void Start();
  // Later requests go over these.
  void Reconnect(const LoadChannels& channels) ABSL_LOCKS_EXCLUDED(stubs_mutex_);
  // Waits until every request has ended, 'patience' at most; whether they have.
  bool WaitUntilDone(absl::Duration patience) ABSL_LOCKS_EXCLUDED(done_mutex_);
  // REQUIRES: WaitUntilDone has returned true.
  LoadStats TakeStats();

 private:
  void Ended(LoadCall* call) override;
  void Run();
  void SendInFlight();
  // What is due by now, some of it at most: how many.
  int SendDue();
  // When there is something to send; LoadTime::max() if there is nothing more.
  LoadTime NextDue() const;
  void Begin(LoadCall* call, const LoadOrder& order) ABSL_LOCKS_EXCLUDED(stubs_mutex_);
  LoadOrder OrderOf(uint64_t number, LoadTime scheduled, LoadTime sent) const;
  void Record(const LoadCall& call);

  const LoadPlan& plan_;
  const uint64_t number_;
  const uint64_t senders_;
  LoadProgress* const progress_;
  const AnswerCheck* const check_;
  TimedQueue queue_;
  CallPool calls_;
  OutcomeRecorder recorder_;
  v1::Timing timing_;  // used again for each answer
  uint64_t next_due_;

  Mutex stubs_mutex_;
  std::vector<grpc::GenericStub> stubs_ ABSL_GUARDED_BY(stubs_mutex_);
  Mutex done_mutex_;
  CondVar done_changed_;
  bool done_ ABSL_GUARDED_BY(done_mutex_) = false;

  std::thread thread_;
};

}  // namespace omserve::client

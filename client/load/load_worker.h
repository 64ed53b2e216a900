// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <atomic>
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
#include "client/mutex.h"

namespace omserve::client {

// Sends its part of a plan's single requests over one completion queue, and takes the answers. In a
// closed loop the end of a request starts the next one. In an open loop one thread sleeps until
// something is due and sends it; the other takes the answers, and sends what is due as well when it
// is the quicker one, which it is at high rates. No answer is ever waited for. Every call ends at
// its deadline, so that a worker ends. Thread-compatible, Reconnect thread-safe.
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
  LoadStats TakeStats() ABSL_LOCKS_EXCLUDED(sending_);

 private:
  void Ended(LoadCall* call) override;
  void Send();
  void SendOnTime() ABSL_LOCKS_EXCLUDED(sending_);
  void SendInFlight();
  void Receive();
  // Whether the next request is due by now.
  bool IsDue() const;
  void SendDue() ABSL_EXCLUSIVE_LOCKS_REQUIRED(sending_);
  void Begin(LoadCall* call, const LoadOrder& order) ABSL_LOCKS_EXCLUDED(stubs_mutex_);
  LoadOrder OrderOf(uint64_t number, LoadTime scheduled, LoadTime sent) const;
  void Record(const LoadCall& call);

  const LoadPlan& plan_;
  const uint64_t number_;
  const uint64_t senders_;
  LoadProgress* const progress_;
  const AnswerCheck* const check_;
  grpc::CompletionQueue queue_;
  CallPool calls_;
  OutcomeRecorder recorder_;  // of the thread that takes the answers
  v1::Timing timing_;         // of the same thread, used again for each answer
  std::atomic<uint64_t> next_due_;

  Mutex sending_;
  OutcomeRecorder sent_ ABSL_GUARDED_BY(sending_);
  Mutex stubs_mutex_;
  std::vector<grpc::GenericStub> stubs_ ABSL_GUARDED_BY(stubs_mutex_);
  Mutex done_mutex_;
  CondVar done_changed_;
  bool done_ ABSL_GUARDED_BY(done_mutex_) = false;

  std::thread sender_;
  std::thread receiver_;
};

}  // namespace omserve::client

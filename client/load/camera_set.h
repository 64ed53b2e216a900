// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/grpcpp.h>

#include <cstddef>
#include <memory>
#include <thread>
#include <vector>

#include "client/load/answer_check.h"
#include "client/load/camera.h"
#include "client/load/load_channels.h"
#include "client/load/load_plan.h"
#include "client/load/load_progress.h"
#include "client/load/load_stats.h"
#include "client/load/outcome_recorder.h"
#include "client/mutex.h"

namespace omserve::client {

// All cameras of one class. Their frames come at even distances, those of different cameras one
// after the other, from the plan's begin to its end. Thread-compatible, Reconnect thread-safe.
class CameraSet {
 public:
  // REQUIRES: 'plan', whose class has cameras, 'progress' and 'check' (may be null) outlive it; at
  // least one channel.
  CameraSet(const LoadPlan& plan, size_t request_class, const LoadChannels& channels,
            LoadProgress* progress, const AnswerCheck* check);
  // Waits for the end.
  ~CameraSet();
  CameraSet(const CameraSet&) = delete;
  CameraSet& operator=(const CameraSet&) = delete;

  void Start();
  // All streams end, and go on over these.
  void Reconnect(const LoadChannels& channels);
  // Waits until every frame has ended, 'patience' at most; whether they have.
  bool WaitUntilDone(absl::Duration patience) ABSL_LOCKS_EXCLUDED(done_mutex_);
  // REQUIRES: WaitUntilDone has returned true.
  LoadStats TakeStats() ABSL_LOCKS_EXCLUDED(recording_);

 private:
  void Send();
  void Receive();

  const LoadPlan& plan_;
  const size_t request_class_;
  grpc::CompletionQueue queue_;
  Mutex recording_;
  OutcomeRecorder recorder_ ABSL_GUARDED_BY(recording_);
  std::vector<std::unique_ptr<Camera>> cameras_;
  Mutex done_mutex_;
  CondVar done_changed_;
  bool done_ ABSL_GUARDED_BY(done_mutex_) = false;
  std::thread sender_;
  std::thread receiver_;
};

}  // namespace omserve::client

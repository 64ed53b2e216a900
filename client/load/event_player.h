// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "client/load/load_progress.h"
#include "client/load/run_event.h"
#include "client/mutex.h"
#include "omserve/client/access.h"

namespace omserve::client {

// Does what a scenario plans while a load runs, each when it is due or when the one before is done:
// the life of models over the control listener, reconnects by the load, commands by the shell.
// Every wait has a deadline of kPatience. Thread-compatible.
class EventPlayer {
 public:
  static constexpr absl::Duration kPatience = absl::Seconds(60);

  // REQUIRES: 'progress', and what 'reconnect' uses, outlive it.
  EventPlayer(std::vector<RunEvent> events, std::string control, Access access,
              const LoadProgress* progress, std::function<void()> reconnect);
  // Waits for the event at work.
  ~EventPlayer();
  EventPlayer(const EventPlayer&) = delete;
  EventPlayer& operator=(const EventPlayer&) = delete;

  // How many events have begun.
  int begun() const { return begun_; }
  // Begins no further event, waits for the one at work, and tells what became of all that began.
  std::vector<RunEventOutcome> Stop() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Play() ABSL_LOCKS_EXCLUDED(mutex_);
  // Waits until then; false if there is to be no further event.
  bool WaitFor(absl::Duration at) ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status Do(const RunEvent& event);

  const std::vector<RunEvent> events_;
  const std::string control_;
  const Access access_;
  const LoadProgress* const progress_;
  const std::function<void()> reconnect_;
  Mutex mutex_;
  CondVar stopped_;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  std::atomic<int> begun_ = 0;
  std::vector<RunEventOutcome> outcomes_;  // of the thread
  std::thread thread_;
};

}  // namespace omserve::client

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <utility>

#include "client/load/load_call.h"
#include "client/load/load_plan.h"
#include "client/load/load_progress.h"
#include "client/load/load_stats.h"

namespace omserve::client {

// Counts what becomes of a plan's requests. Thread-compatible: each thread has its own.
class OutcomeRecorder {
 public:
  // REQUIRES: 'plan' and 'progress' outlive it.
  OutcomeRecorder(const LoadPlan& plan, LoadProgress* progress);

  // A request of an open loop was sent, or could not be.
  void Sent(const LoadOrder& order);
  void NotSent(const LoadOrder& order);
  // A frame was dropped by the server.
  void Dropped(const LoadOrder& order);
  // A request has ended. 'ending' lacks what the order and the plan tell; 'elapsed' is the server's
  // word on a request without Timing.
  void Ended(const LoadOrder& order, Ending ending, std::optional<absl::Duration> elapsed);

  LoadStats Take() { return std::move(stats_); }

 private:
  bool IsMeasured(const LoadOrder& order) const;
  absl::Duration At(const LoadOrder& order) const;
  void Keep(const LoadOrder& order, const Ending& ending);

  const LoadPlan& plan_;
  LoadProgress* const progress_;
  LoadStats stats_;
};

}  // namespace omserve::client

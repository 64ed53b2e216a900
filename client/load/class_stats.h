// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "client/load/latency_histogram.h"
#include "client/load/stage_stats.h"
#include "omserve/v1/vision.pb.h"

namespace omserve::client {

// The end of one request.
struct Ending {
  using Time = std::chrono::steady_clock::time_point;
  absl::StatusCode code = absl::StatusCode::kOk;
  bool checked = false;              // the answer was compared with the one that it must be
  bool wrong = false;                // and is another
  bool cancelled_by_client = false;  // the client meant to cancel it, and did so before it ended
  Time scheduled;                    // when it was due; in a closed loop, when it was sent
  Time sent;
  Time ended;
  absl::Duration limit;                       // in time up to here from 'scheduled'
  const v1::Timing* timing = nullptr;         // of the answer, if it has one; borrowed
  std::optional<absl::Duration> retry_after;  // the server's hint, if it gave one
};

// From the server's 'received' to its 'sent'.
absl::Duration InsideServer(const v1::Timing& timing);

// What became of the requests of one class, or of all. Latencies are those of successful requests
// unless the name says otherwise. Thread-compatible.
struct ClassStats {
  int64_t requests = 0;  // that were due: with an outcome, and those not sent
  int64_t ok = 0;
  int64_t in_time = 0;              // of 'ok', within their limit of the scheduled time, not wrong
  int64_t checked = 0;              // of 'ok', compared with the answer that it must be
  int64_t wrong = 0;                // of 'checked', another answer
  int64_t dropped = 0;              // frames that the server dropped for newer ones, no errors
  int64_t cancelled_by_client = 0;  // ended as they were meant to, no errors
  int64_t not_sent = 0;             // too many were in flight
  std::map<absl::StatusCode, int64_t> errors;

  LatencyHistogram latency;       // from the scheduled time
  LatencyHistogram sent_latency;  // from the time it was sent
  LatencyHistogram server;        // from the server's 'received' to its 'sent'
  LatencyHistogram outside;       // what of sent_latency the server did not see
  LatencyHistogram retry_after;   // hints of the server
  std::map<absl::StatusCode, LatencyHistogram> error_latency;  // from the time it was sent
  StageStats stages;

  void Record(const Ending& ending);
  void RecordNotSent();
  void RecordDropped();
  void Merge(const ClassStats& other);
};

}  // namespace omserve::client

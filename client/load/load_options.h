// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "client/load/run_event.h"
#include "client/load/schedule.h"
#include "omserve/client/access.h"

namespace omserve::client {

// How a load is sent.
struct LoadOptions {
  std::string server;  // host:port
  Access access;
  std::optional<Arrivals> arrivals;  // of an open loop; none: a closed loop
  int in_flight = 8;                 // closed loop: requests at a time, at least 1
  // Open loop: a request that is due while so many are in flight is counted, and not sent.
  int max_in_flight = 10000;
  int64_t requests = 0;                                // measured ones, at most; 0: any number
  absl::Duration duration = absl::InfiniteDuration();  // of what is measured; none starts later
  int64_t warmup = 0;                                  // requests before the measured ones
  int channels = 1;                                    // connections, at least 1
  int senders = 1;                                     // threads that send and receive, at least 1
  uint64_t seed = 1;     // of classes, cancellations and Poisson arrivals
  bool records = false;  // what became of every single request is kept
  // Share of answers that are compared with golden ones, 0 to 1; those lie in the folder 'golden',
  // or are asked for before the run if they do not (empty: always).
  double check = 0;
  std::string golden;
  std::vector<RunEvent> events;            // what happens meanwhile, by time
  std::string control = "127.0.0.1:8501";  // host:port that changes the life of models
};

}  // namespace omserve::client

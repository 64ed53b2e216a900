// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace omserve::client {

// When the requests of an open loop are due.
struct Arrivals {
  enum class Kind { kConstant, kPoisson, kBurst, kReplay };
  Kind kind = Kind::kConstant;
  double rate = 0;    // requests a second, on average; above 0 except for kReplay
  uint64_t seed = 1;  // of kPoisson
  // kBurst: evenly spaced requests for 'on', then none for 'off', so that the mean is 'rate'.
  absl::Duration on = absl::Milliseconds(100);
  absl::Duration off = absl::Milliseconds(400);
  std::string file = {};  // of kReplay: seconds, ascending, one a line; '#' begins a comment
};

// Reads "constant", "poisson", "burst", "burst:ON_MS/OFF_MS" or "replay:FILE"; rate and seed keep
// their defaults. INVALID_ARGUMENT names what is wrong. Thread-safe.
absl::StatusOr<Arrivals> ParseArrivals(const std::string& text);
// The same text again, without the seed. Thread-safe.
std::string ArrivalsText(const Arrivals& arrivals);

// How much of the arrivals a run takes: 'warmup' requests, then at most 'requests' (0: any number)
// that are due within 'duration' of the first of them.
struct ScheduleBounds {
  int64_t warmup = 0;
  int64_t requests = 0;
  absl::Duration duration = absl::InfiniteDuration();
};

// The longest schedule, 160 MB of memory.
inline constexpr int64_t kMaxScheduledRequests = 20'000'000;

// When each request is due, from the begin of the run, ascending; times of a replay count from its
// first line. INVALID_ARGUMENT: no rate, no bound, nothing to send, too many requests, or a bad
// line of the replay (named); NOT_FOUND or another code of the system: the file. Thread-safe.
absl::StatusOr<std::vector<std::chrono::nanoseconds>> ComputeSchedule(const Arrivals& arrivals,
                                                                      const ScheduleBounds& bounds);

}  // namespace omserve::client

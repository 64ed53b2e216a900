// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "client/load/load_options.h"
#include "client/load/request_class.h"

namespace omserve::client {

using LoadTime = std::chrono::steady_clock::time_point;

// What a run sends, fixed before it begins. Thread-safe: it does not change.
struct LoadPlan {
  LoadOptions options;
  std::vector<RequestClass> classes;
  // Running sums over classes, the last one 1; cameras have no share. Empty: there is nothing else.
  std::vector<double> shares;
  std::vector<std::chrono::nanoseconds> schedule;  // of an open loop, from 'begin'
  LoadTime begin;

  // The class of the single request with this number.
  size_t ClassOf(uint64_t number) const;
  // When nothing more is sent, if only time ends the run; of cameras always. The warm-up of a
  // closed loop is within it.
  LoadTime end() const;
};

// INVALID_ARGUMENT: no classes, no end, a bad schedule; 'begin' is left to be set. Thread-safe.
absl::StatusOr<LoadPlan> MakePlan(const LoadOptions& options, std::vector<RequestClass> classes);

}  // namespace omserve::client

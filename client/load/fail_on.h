// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "client/load/class_stats.h"

namespace omserve::client {

// Which outcomes make a run a failure.
struct FailOn {
  bool any = true;              // every error, wrong answers, and requests that were not sent
  std::set<std::string> codes;  // without 'any': these; gRPC codes, NOT_SENT, WRONG_ANSWER
};

// "any", "none" or "CODE,CODE". INVALID_ARGUMENT names the code that does not exist. Thread-safe.
absl::StatusOr<FailOn> ParseFailOn(const std::string& text);

// Whether a run with these outcomes failed. Requests that the client cancelled on purpose never
// make it fail. Thread-safe.
bool HasFailed(const FailOn& fail_on, const ClassStats& stats);

}  // namespace omserve::client

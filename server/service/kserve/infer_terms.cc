// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/kserve/infer_terms.h"

#include <algorithm>
#include <optional>
#include <string>

namespace omserve::kserve {
namespace {

constexpr int64_t kMostTimeout = int64_t{86'400} * 1'000'000;  // a day, microseconds

void RefuseSequences(ParameterReader& parameters) {
  constexpr char kWhy[] = "sequences are not served; every request is answered by itself";
  // Clients send the flags with each request of a sequence, false but at its ends.
  for (const char* name : {"sequence_start", "sequence_end"}) {
    if (parameters.Flag(name).value_or(false)) parameters.Refuse(name, kWhy);
  }
  if (parameters.Present("sequence_id")) parameters.Refuse("sequence_id", kWhy);
}

}  // namespace

CallTerms AddTerms(CallTerms terms, ParameterReader& parameters) {
  if (const auto timeout = parameters.Integer("timeout"); timeout.has_value() && *timeout != 0) {
    if (*timeout < 0 || *timeout > kMostTimeout) {
      parameters.Refuse("timeout", "must be between 0 and 86400000000 microseconds");
    } else {
      terms.budget = std::min(terms.budget, absl::Microseconds(*timeout));
    }
  }
  if (const auto priority = parameters.Integer("priority"); priority.has_value()) {
    if (*priority < 0) parameters.Refuse("priority", "must not be negative");
    if (*priority > 0) {
      terms.priority = *priority == 1 ? Priority::kInteractive : Priority::kBatch;
    }
  }
  RefuseSequences(parameters);
  return terms;
}

}  // namespace omserve::kserve

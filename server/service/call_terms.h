// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/support/string_ref.h>

#include <chrono>
#include <map>
#include <optional>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pipelines/base/request_context.h"
#include "server/tracing/trace_context.h"

namespace omserve {

// What the metadata of a call says of its requests. A value.
struct CallTerms {
  absl::Duration budget = absl::InfiniteDuration();  // of a request, from its arrival
  Priority priority = Priority::kInteractive;
  std::optional<TraceContext> parent = std::nullopt;  // the caller's span
};

// Reads omserve-budget-ms, omserve-priority and traceparent; other keys are not ours.
// INVALID_ARGUMENT, beginning with the key, for a value that is no budget or priority, or a key of
// these that is there twice. A traceparent that is wrong, or there twice, is as none.
absl::StatusOr<CallTerms> ParseCallTerms(
    const std::multimap<grpc::string_ref, grpc::string_ref>& metadata);

// When a request that was received at 'received' must have its answer: the end of its budget or of
// the call, whichever comes first; 'default_deadline' stands in when there is neither.
absl::Time BudgetEnd(const CallTerms& terms, std::chrono::system_clock::time_point wire_deadline,
                     absl::Time received, absl::Duration default_deadline);

}  // namespace omserve

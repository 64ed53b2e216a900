// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/server_context.h>

#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "server/tracing/trace_context.h"

namespace omserve {

// Tells the client of a RESOURCE_EXHAUSTED, in whole milliseconds of trailing metadata, when to
// come again; other statuses have no hint. REQUIRES: before Finish.
inline void AddRetryHint(const absl::Status& status, absl::Duration retry_after,
                         grpc::ServerContextBase& rpc) {
  if (!absl::IsResourceExhausted(status)) return;
  const absl::Duration whole = absl::Ceil(retry_after, absl::Milliseconds(1));
  rpc.AddTrailingMetadata("retry-after-ms", absl::StrCat(absl::ToInt64Milliseconds(whole)));
}

// Tells the client of a failure how long the server had the request, in microseconds of trailing
// metadata; an answer has its Timing. REQUIRES: before Finish.
inline void AddElapsed(const absl::Status& status, absl::Duration elapsed,
                       grpc::ServerContextBase& rpc) {
  if (status.ok()) return;
  rpc.AddTrailingMetadata("elapsed-us", absl::StrCat(absl::ToInt64Microseconds(elapsed)));
}

// Tells the client which span of ours its request was. REQUIRES: before Finish.
inline void AddTrace(const std::optional<TraceContext>& trace, grpc::ServerContextBase& rpc) {
  if (trace.has_value()) rpc.AddTrailingMetadata("traceparent", FormatTraceparent(*trace));
}

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include <optional>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace omserve::client {

// What a call that has ended tells besides its answer. Thread-safe.

// The same number; UNKNOWN for one that gRPC does not define.
absl::StatusCode CodeOf(const grpc::Status& status);
absl::StatusCode CodeOf(int number);
// The server's hint when to come again: metadata retry-after-ms.
std::optional<absl::Duration> RetryAfterOf(const grpc::ClientContext& context);
// How long the server had a request without Timing: metadata elapsed-us.
std::optional<absl::Duration> ElapsedOf(const grpc::ClientContext& context);

}  // namespace omserve::client

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/client_context.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace omserve::client {

// What one call may ask for. A value.
struct CallOptions {
  // From its start to its answer; zero: that of the client.
  absl::Duration deadline = absl::ZeroDuration();
  // How long the answer, or each frame's, is of use, which the server plans with; zero: not told.
  absl::Duration budget = absl::ZeroDuration();
  // "interactive", "batch", or empty for the server's default.
  std::string priority = {};
};

// A call that was begun, to end it before its time. Letting go of it does nothing. A value.
// Thread-safe. May outlive the call, not the client.
class Call {
 public:
  // A call that has ended.
  Call() = default;
  explicit Call(std::weak_ptr<grpc::ClientContext> context) : context_(std::move(context)) {}

  // Its 'done' gets CANCELLED, unless the answer was faster. Does not block.
  void Cancel() const {
    if (const std::shared_ptr<grpc::ClientContext> context = context_.lock()) context->TryCancel();
  }

 private:
  std::weak_ptr<grpc::ClientContext> context_;
};

// When to come again, as the server said with RESOURCE_EXHAUSTED; nothing if it did not.
std::optional<absl::Duration> RetryAfter(const absl::Status& status);

// The server's status: the same code and text, and what RetryAfter reads.
absl::Status ToStatus(const grpc::Status& status, const grpc::ClientContext& context);

}  // namespace omserve::client

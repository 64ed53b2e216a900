// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/support/status.h>

#include "absl/time/time.h"

namespace omserve {

// Adds google.rpc.RetryInfo with 'retry_after' to the details of a RESOURCE_EXHAUSTED, which gRPC
// sends as grpc-status-details-bin; other statuses stay as they are.
grpc::Status WithRetryInfo(const grpc::Status& status, absl::Duration retry_after);

}  // namespace omserve

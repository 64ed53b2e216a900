// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/support/status.h>

#include <string>

#include "absl/status/status.h"

namespace omserve {

// What a client may read of a failure. The code stays. Texts that are about the request pass;
// those of INTERNAL, UNKNOWN, DATA_LOSS and FAILED_PRECONDITION are about our inside and become a
// fixed sentence (the log has them). No text is longer than 500 bytes or holds a path.
grpc::Status ToGrpcStatus(const absl::Status& status);

// The same for who runs the server: the whole text, with the files that it names.
grpc::Status ToOperatorStatus(const absl::Status& status);

// Whether the failure is the server's and belongs into its log: what the client sees as INTERNAL,
// UNKNOWN, DATA_LOSS, FAILED_PRECONDITION or UNAVAILABLE.
bool IsOurFailure(const absl::Status& status);

// The text with every word that looks like a file path replaced by "(path)".
std::string WithoutPaths(std::string_view text);

}  // namespace omserve

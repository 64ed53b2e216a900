// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/command_line.h"
#include "client/load_stats.h"

namespace omserve::client {

// Keeps command.in_flight requests in flight, the pictures by turns, until command.requests have
// started or command.time is over, and waits for the last one; the warm-up before it is not
// counted. A failed request is counted, not repeated. 'pictures' are encoded bytes. The status of
// a first ListModels if the server does not answer it; INVALID_ARGUMENT without pictures or
// without an end. Blocks; single-thread.
absl::StatusOr<LoadSummary> RunLoad(const LoadCommand& command,
                                    const std::vector<std::string>& pictures);

}  // namespace omserve::client

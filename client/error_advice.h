// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/status/status.h"

namespace omserve::client {

// One line for people: what to do next about 'status', or empty if nothing is known to help.
// 'server' is the host:port that was asked. Thread-safe.
std::string AdviceFor(const absl::Status& status, const std::string& server);

// "UNAVAILABLE: connection refused", for standard error. Thread-safe.
std::string DescribeError(const absl::Status& status);

}  // namespace omserve::client

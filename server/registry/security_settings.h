// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "omserve/v1/config.pb.h"
#include "server/security/security_config.h"

namespace omserve {

// Fills 'to' from the security block of a config in 'folder'. INVALID_ARGUMENT, naming the field.
// The files are not looked at: CheckCredentialFiles does that.
absl::Status TakeSecurity(const v1::Security& from, const std::filesystem::path& folder,
                          SecurityConfig& to);

// INVALID_ARGUMENT when tokens would travel in plain text over a network. 'listeners' are fields
// and addresses (host:port).
absl::Status CheckPlaintextTokens(
    const SecurityConfig& security,
    const std::vector<std::pair<std::string, std::string>>& listeners);

}  // namespace omserve

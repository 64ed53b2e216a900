// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/channel.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "omserve/client/access.h"

namespace omserve::client {

using LoadChannels = std::vector<std::shared_ptr<grpc::Channel>>;

// Connections to 'server' of their own, at least one, that send nothing twice. They begin to
// connect at once; calls wait for that, and sign themselves. Thread-safe.
LoadChannels OpenChannels(const std::string& server, int count, const Access& access = {});

// UNAVAILABLE: one is not there after 10 s, or so. Blocks.
absl::Status WaitForChannels(const LoadChannels& channels, const std::string& server);

// The channels of one of so many workers: all have a fair share, and none has nothing.
LoadChannels ShareOf(const LoadChannels& channels, size_t worker, size_t workers);

}  // namespace omserve::client

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/channel.h>

#include <memory>
#include <string>

namespace omserve {

// What grpc.health.v1.Health/Check says of 'service': SERVING, NOT_SERVING, or the status code's
// number as text when the call failed.
std::string HealthOf(const std::shared_ptr<grpc::Channel>& channel, const std::string& service);

// The raw answer of server reflection to "list services"; empty when it failed. 'token' is sent
// with it, if there is one.
std::string ReflectedServices(const std::shared_ptr<grpc::Channel>& channel,
                              const std::string& token = "");

// The raw answer of server reflection to "the file with this symbol".
std::string ReflectedFile(const std::shared_ptr<grpc::Channel>& channel, const std::string& symbol);

// The body of GET http://127.0.0.1:port/metrics.
std::string Scrape(int port);

}  // namespace omserve

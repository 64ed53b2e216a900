// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace grpc {
class CallbackGenericService;
class Server;
class Service;
}  // namespace grpc

namespace omserve {

// Where and how the gRPC listeners listen.
struct ListenerOptions {
  std::string grpc_address;
  std::string health_address;
  int max_message_bytes = 0;
};

// The two gRPC servers: the main one (services, health, reflection) and one that answers
// grpc.health.v1 alone, in plain text, for probes. All health names start NOT_SERVING; "liveness"
// is SERVING as long as the process answers. Owned by the server. Thread-safe.
class Listeners {
 public:
  // 'services' must outlive the object. UNAVAILABLE when a port cannot be had.
  static absl::StatusOr<std::unique_ptr<Listeners>> Start(
      const ListenerOptions& options, const std::vector<grpc::Service*>& services,
      std::vector<std::string> health_names);
  ~Listeners();

  int grpc_port() const { return grpc_port_; }
  int health_port() const { return health_port_; }

  // Sets every name but "liveness" on both servers.
  void SetServing(bool serving);

  // Stops listening, lets calls end until 'deadline' and cancels the rest; the health listener
  // goes last. Blocks until every call has ended. Idempotent.
  void Shutdown(absl::Time deadline);

 private:
  Listeners();

  std::vector<std::string> health_names_;
  std::unique_ptr<grpc::CallbackGenericService> nothing_;  // a server needs a service of its own
  std::unique_ptr<grpc::Server> health_;
  std::unique_ptr<grpc::Server> main_;
  int grpc_port_ = 0;
  int health_port_ = 0;
};

// The version of the gRPC library.
std::string GrpcVersion();

}  // namespace omserve

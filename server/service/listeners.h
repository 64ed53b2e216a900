// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pipelines/base/mutex.h"
#include "server/service/call_queues.h"

namespace grpc {
class CallbackGenericService;
class Server;
class ServerCredentials;
class Service;
}  // namespace grpc

namespace omserve {

class CredentialKeeper;

// Where and how the gRPC listeners listen.
struct ListenerOptions {
  std::string grpc_address;
  std::string control_address;
  std::string health_address;
  int max_message_bytes = 0;
  // Who may come in by the main listener and the operator's; null: everybody, in plain text.
  // Outlives the listeners.
  const CredentialKeeper* credentials = nullptr;
};

// What one listener serves.
struct ListenedServices {
  std::vector<grpc::Service*> services;
  QueuedService* queued = nullptr;  // one of them, if it has calls by completion queues
  int queues = 0;
};

// The three gRPC servers: the main one (services, health, reflection), the operator's, and one that
// answers grpc.health.v1 alone, in plain text, for probes. All health names start NOT_SERVING;
// "liveness" is SERVING as long as the process answers. Owned by the server. Thread-safe.
class Listeners {
 public:
  // The services must outlive the object. UNAVAILABLE when a port cannot be had.
  static absl::StatusOr<std::unique_ptr<Listeners>> Start(const ListenerOptions& options,
                                                          const ListenedServices& main,
                                                          const ListenedServices& control,
                                                          std::vector<std::string> health_names);
  ~Listeners();

  int grpc_port() const { return grpc_port_; }
  int control_port() const { return control_port_; }
  int health_port() const { return health_port_; }

  // Sets every name but "liveness", on all servers; those of models only if they are served.
  void SetServing(bool serving);
  // A model is served from now on, or is not any more; its name is a name of health for ever.
  void SetModel(const std::string& name, bool served);

  // Stops listening, lets calls end until 'deadline' and cancels the rest; the health listener
  // goes last. Blocks until every call has ended. Idempotent.
  void Shutdown(absl::Time deadline);

 private:
  Listeners();

  void Tell() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  std::vector<std::string> health_names_;
  Mutex mutex_;
  std::map<std::string, bool> models_ ABSL_GUARDED_BY(mutex_);
  bool serving_ ABSL_GUARDED_BY(mutex_) = false;
  // What the servers' credentials point into must outlive the servers.
  std::vector<std::shared_ptr<grpc::ServerCredentials>> credentials_;
  std::unique_ptr<grpc::CallbackGenericService> nothing_;  // a server needs a service of its own
  std::unique_ptr<CallQueues> main_queues_;                // outlive their servers
  std::unique_ptr<CallQueues> control_queues_;
  std::unique_ptr<grpc::Server> health_;
  std::unique_ptr<grpc::Server> main_;
  std::unique_ptr<grpc::Server> control_;
  int grpc_port_ = 0;
  int control_port_ = 0;
  int health_port_ = 0;
};

// How gRPC waits for the connections of this process: with epoll, whose one set is shared by all
// threads, or with poll, where each has its own. REQUIRES: nothing of gRPC was used yet, and there
// is one thread. What the environment says wins.
void ChoosePolling(bool epoll);

// The version of the gRPC library.
std::string GrpcVersion();

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <vector>

#include "absl/functional/function_ref.h"
#include "server/base/thread.h"

namespace omserve {

// What a completion queue is asked to tell: the tag of one operation. Lives until it was told.
class QueueEvent {
 public:
  // On the queue's thread. 'ok' as gRPC has it for the operation.
  virtual void OnEvent(bool ok) = 0;

 protected:
  ~QueueEvent() = default;
};

// The calls of one completion queue; all but the destructor on its thread. Single-thread.
class QueuedCalls {
 public:
  virtual ~QueuedCalls() = default;
  // Asks for calls. Tags are QueueEvents; they go on asking until one of them is not ok.
  virtual void Begin() = 0;
  // A call is open, so that several events may be there at once. A client that waits for one answer
  // before it asks again never finds one open.
  virtual bool crowded() const = 0;
  // Runs 'events', which handles what there is in a row.
  virtual void Handle(absl::FunctionRef<void()> events) = 0;
};

// A service whose calls come by completion queues. What is short and comes often is cheaper there
// than with callbacks: the thread that reads a request also writes its answer (docs/kserve.md).
class QueuedService {
 public:
  virtual ~QueuedService() = default;
  virtual std::unique_ptr<QueuedCalls> CallsOf(grpc::ServerCompletionQueue& queue) = 0;
};

// The completion queues of one gRPC server, each with a thread. Owned by the server's owner;
// outlives the server. Thread-compatible.
class CallQueues {
 public:
  // REQUIRES: 'builder' has not built yet.
  CallQueues(grpc::ServerBuilder& builder, int queues);
  ~CallQueues() { Stop(); }
  CallQueues(const CallQueues&) = delete;
  CallQueues& operator=(const CallQueues&) = delete;

  // To be called once, when the server has started. The service outlives the queues' threads.
  void Start(QueuedService& service);
  // Blocks until all events were told. Idempotent. REQUIRES: the server was shut down.
  void Stop();

 private:
  struct Queue {
    std::unique_ptr<grpc::ServerCompletionQueue> queue;
    std::unique_ptr<QueuedCalls> calls;  // null before Start
    Thread thread;
  };
  static void Poll(grpc::ServerCompletionQueue& queue, QueuedCalls& calls);

  std::vector<Queue> queues_;
};

}  // namespace omserve

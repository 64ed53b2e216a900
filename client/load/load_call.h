// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/alarm.h>
#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "client/load/load_plan.h"
#include "client/load/queue_event.h"

namespace omserve::client {

// Frames have numbers from here on, single requests have lower ones. What is due before the
// measured part begins is warm-up.
inline constexpr uint64_t kFirstFrame = uint64_t{1} << 40;

// A request that is to be sent.
struct LoadOrder {
  uint64_t number = 0;  // in the run
  size_t request_class = 0;
  LoadTime scheduled;
  LoadTime sent;
};

// One request in flight, or an object that waits for the next one: it is used again and again.
// An ordinary one is a unary call. A slow reader's is the same on the wire, but its answer is asked
// for only a while after the request was written, so that the answer fills the connection's window
// meanwhile:
//
//   start -> written -> (read_after) -> read -> finished        a failed step goes to 'finished'
//
// One that is to be cancelled has an alarm beside that. Thread-compatible: Begin is called by the
// thread that waits for the queue, on which all that follows happens.
class LoadCall {
 public:
  class Owner {
   public:
    // The request has ended, and nothing of it is still to come.
    virtual void Ended(LoadCall* call) = 0;

   protected:
    ~Owner() = default;
  };

  // REQUIRES: 'owner' and 'queue' outlive it.
  LoadCall(Owner* owner, grpc::CompletionQueue* queue);
  LoadCall(const LoadCall&) = delete;
  LoadCall& operator=(const LoadCall&) = delete;

  // REQUIRES: it is not in flight; 'plan' outlives the call.
  void Begin(const LoadOrder& order, const LoadPlan& plan, grpc::GenericStub& stub);
  // Frees what an ended request holds of gRPC.
  void Reset();

  // Of an ended request, until Reset.
  const LoadOrder& order() const { return order_; }
  const grpc::Status& status() const { return status_; }
  const grpc::ByteBuffer& answer() const { return answer_; }
  const grpc::ClientContext& context() const { return *context_; }
  LoadTime ended() const { return ended_; }
  // This client cancelled it, as it was meant to, before it ended.
  bool cancelled() const { return cancelled_; }

 private:
  enum class Step { kStarted, kWritten, kReadDue, kRead, kFinished, kCancelDue };
  class Event final : public QueueEvent {
   public:
    Event(LoadCall* call, Step step) : call_(call), step_(step) {}
    void Happened(bool ok) override { call_->Happened(step_, ok); }

   private:
    LoadCall* const call_;
    const Step step_;
  };

  void Happened(Step step, bool ok);
  void GoOn(Step step, bool ok);
  void* Tag(Step step) { return static_cast<QueueEvent*>(&next_[static_cast<int>(step)]); }

  Owner* const owner_;
  grpc::CompletionQueue* const queue_;
  Event next_[6];  // by step
  LoadOrder order_;
  const RequestClass* class_ = nullptr;
  std::optional<grpc::ClientContext> context_;
  std::unique_ptr<grpc::ClientAsyncResponseReader<grpc::ByteBuffer>> reader_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;  // of a slow reader
  std::optional<grpc::Alarm> cancel_due_;
  std::optional<grpc::Alarm> read_due_;
  grpc::ByteBuffer answer_;
  grpc::Status status_;
  int awaited_ = 0;  // events that are still to come
  bool cancelled_ = false;
  LoadTime ended_;
};

}  // namespace omserve::client

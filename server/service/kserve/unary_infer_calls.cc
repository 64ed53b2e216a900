// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/kserve/unary_infer_calls.h"

#include <utility>

#include "server/batching/submit_burst.h"
#include "server/service/status_conversion.h"
#include "server/service/trailing_metadata.h"

namespace omserve::kserve {
namespace {

// Calls that gRPC may hand out before it is asked for more.
constexpr int kAskedAhead = 64;

}  // namespace

// One call, from the wait for it on. Owns itself: gone when the answer was handed over and gRPC has
// told how the call ended.
class UnaryInferCalls::Call {
 public:
  explicit Call(UnaryInferCalls& owner) : owner_(owner) {
    rpc_.AsyncNotifyWhenDone(&ended_);
    owner.service_.RequestModelInfer(&rpc_, &request_, &writer_, &owner.queue_, &owner.queue_,
                                     &arrived_);
  }

 private:
  class Event final : public QueueEvent {
   public:
    Event(Call& call, void (Call::*on)(bool)) : call_(call), on_(on) {}
    void OnEvent(bool ok) override { (call_.*on_)(ok); }

   private:
    Call& call_;
    void (Call::* const on_)(bool);
  };

  ~Call() = default;

  void OnArrived(bool ok);
  void OnEnded(bool /*ok*/) {
    if (rpc_.IsCancelled()) infer_->Cancel();
    Release();
  }
  void OnAnswered(bool /*ok*/) { Release(); }
  // On any thread. Nothing may touch the call after it.
  void Answer(const absl::Status& status, InferAnswer answer);
  void Release() {
    if (--events_ > 0) return;
    --owner_.open_;
    delete this;
  }

  UnaryInferCalls& owner_;
  Event arrived_{*this, &Call::OnArrived};
  Event ended_{*this, &Call::OnEnded};
  Event answered_{*this, &Call::OnAnswered};
  grpc::ServerContext rpc_;
  grpc::ByteBuffer request_;
  grpc::ServerAsyncResponseWriter<grpc::ByteBuffer> writer_{&rpc_};
  std::unique_ptr<InferCall> infer_;
  int events_ = 2;  // that are still to come: ended, answered
};

void UnaryInferCalls::Call::OnArrived(bool ok) {
  if (!ok) {  // the server is shutting down: nothing came, and nothing more will be told
    delete this;
    return;
  }
  owner_.Ask();
  ++owner_.open_;
  if (owner_.bursting_) owner_.gathered_ += request_.Length();
  infer_ = InferCall::Make(owner_.environment_, InferMessage::Parse(request_),
                           ParseCallTerms(rpc_.client_metadata()), rpc_.deadline());
  request_.Clear();
  infer_->Begin([this](const absl::Status& status, InferAnswer answer) {
    Answer(status, std::move(answer));
  });
}

void UnaryInferCalls::Call::Answer(const absl::Status& status, InferAnswer answer) {
  AddRetryHint(status, infer_->retry_after(), rpc_);
  AddElapsed(status, infer_->elapsed(), rpc_);
  AddTrace(infer_->trace(), rpc_);
  if (status.ok()) {
    writer_.Finish(answer.Release(/*in_stream=*/false), grpc::Status::OK, &answered_);
  } else {
    writer_.FinishWithError(ToGrpcStatus(status), &answered_);
  }
}

void UnaryInferCalls::Begin() {
  for (int i = 0; i < kAskedAhead; ++i) Ask();
}

void UnaryInferCalls::Ask() { new Call(*this); }

void UnaryInferCalls::Handle(absl::FunctionRef<void()> events) {
  if (engine_ == nullptr) return events();
  bursting_ = true;
  {
    SubmitBurst burst(*engine_);
    events();
  }
  bursting_ = false;
  gathered_ = 0;
}

}  // namespace omserve::kserve

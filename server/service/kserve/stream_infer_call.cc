// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/kserve/stream_infer_call.h"

#include <utility>
#include <vector>

#include "server/service/status_conversion.h"
#include "server/service/stream_entry.h"
#include "server/service/trailing_metadata.h"

namespace omserve::kserve {

StreamInferCall::StreamInferCall(const InferEnvironment& environment, OpenStreams& streams,
                                 grpc::CallbackServerContext& rpc)
    : environment_(environment),
      streams_(streams),
      rpc_(rpc),
      terms_(TermsOfStream(rpc.client_metadata(), environment.calls.default_deadline)) {}

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* StreamInferCall::Start(
    const InferEnvironment& environment, OpenStreams& streams, grpc::CallbackServerContext& rpc) {
  // The constructor is private.
  const std::shared_ptr<StreamInferCall> call(new StreamInferCall(environment, streams, rpc));
  call->self_ = call;
  call->Open();
  return call.get();
}

void StreamInferCall::Open() {
  const absl::Status status =
      EnterStream(terms_, environment_.calls.admission, streams_, weak_from_this(), ticket_);
  if (status.ok()) {
    Advance();
    return;
  }
  {
    MutexLock lock(mutex_);
    finished_ = true;
  }
  LogRefused(environment_.calls, "ModelStreamInfer", status, {},
             terms_.ok() ? terms_->parent : std::optional<TraceContext>());
  AddRetryHint(status, Admission::kRetryAfter, rpc_);
  Finish(ToGrpcStatus(status));
}

void StreamInferCall::OnReadDone(bool ok) {
  bool begin = false;
  {
    MutexLock lock(mutex_);
    if (!ok) {
      read_all_ = true;
    } else if (draining_ || gone_) {
      refused_ = true;  // and nothing more is read
    } else {
      begin = beginning_ = true;
    }
  }
  // While reading_ is still set: what was read is ours until the next read begins.
  if (begin) Begin();
  {
    MutexLock lock(mutex_);
    reading_ = false;
  }
  Advance();
}

void StreamInferCall::Begin() {
  // The request keeps the pieces of the message; the buffer itself goes to the next read.
  std::shared_ptr<InferCall> call =
      InferCall::Make(environment_, InferMessage::Parse(incoming_), terms_, rpc_.deadline());
  incoming_.Clear();
  int64_t number = 0;
  {
    MutexLock lock(mutex_);
    number = ++last_number_;
    open_[number] = call;
    beginning_ = false;
  }
  call->Begin([self = shared_from_this(), number, held = call](const absl::Status& status,
                                                               InferAnswer answer) {
    self->Ended(number, status.ok()
                            ? answer.Release(/*in_stream=*/true)
                            : StreamError(ToGrpcStatus(status).error_message(), held->id()));
  });
}

void StreamInferCall::Ended(int64_t number, grpc::ByteBuffer answer) {
  std::shared_ptr<InferCall> ended;
  {
    MutexLock lock(mutex_);
    answers_.push_back(std::move(answer));
    const auto found = open_.find(number);
    ended = std::move(found->second);
    open_.erase(found);
  }
  Advance();
}

void StreamInferCall::OnWriteDone(bool ok) {
  {
    MutexLock lock(mutex_);
    writing_ = false;
    if (!ok) gone_ = true;
  }
  Advance();
}

void StreamInferCall::OnCancel() {
  std::vector<std::shared_ptr<InferCall>> calls;
  {
    MutexLock lock(mutex_);
    gone_ = true;
    for (const auto& [number, call] : open_) calls.push_back(call);
  }
  for (const auto& call : calls) call->Cancel();
  Advance();
}

void StreamInferCall::OnDone() {
  streams_.Remove(weak_from_this());
  ticket_.reset();
  const std::shared_ptr<StreamInferCall> self = std::move(self_);
}

void StreamInferCall::Drain() {
  {
    MutexLock lock(mutex_);
    draining_ = true;
  }
  Advance();
}

bool StreamInferCall::MayRead() const {
  return !reading_ && !finished_ && !read_all_ && !gone_ && !draining_ &&
         open_.size() + answers_.size() + (writing_ ? 1 : 0) < kMostOpen;
}

std::optional<absl::Status> StreamInferCall::Final() {
  if (finished_ || writing_ || starting_ || beginning_) return std::nullopt;
  if (!open_.empty() || !answers_.empty()) return std::nullopt;
  if (gone_) return absl::CancelledError("the caller has gone");
  if (read_all_ && !refused_) return absl::OkStatus();
  if (draining_) return StreamStopped();
  return std::nullopt;
}

void StreamInferCall::Advance() {
  // gRPC is called without the lock. That is in order: a read or a write only begins when none is
  // under way, and Finish is called once, when nothing is at work, nothing is to be written and no
  // other thread is about to call gRPC. A read may still be under way then.
  const std::shared_ptr<StreamInferCall> self = shared_from_this();
  bool again = true;
  while (again) {
    bool write = false;
    std::optional<absl::Status> end;
    {
      MutexLock lock(mutex_);
      if (gone_) answers_.clear();
      if (!writing_ && !answers_.empty()) {
        outgoing_ = std::move(answers_.front());
        answers_.pop_front();
        write = writing_ = true;
      }
      end = Final();
      if (end.has_value()) finished_ = true;
      again = MayRead();
      if (again) reading_ = starting_ = true;
    }
    if (write) StartWrite(&outgoing_);
    if (again) {
      StartRead(&incoming_);
      MutexLock lock(mutex_);
      starting_ = false;
    }
    if (end.has_value()) Finish(ToGrpcStatus(*end));
  }
}

}  // namespace omserve::kserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/detect_stream_call.h"

#include <utility>
#include <vector>

#include "server/service/retry_info.h"
#include "server/service/status_conversion.h"
#include "server/service/stream_entry.h"
#include "server/service/trailing_metadata.h"

namespace omserve {
namespace {

void SetError(const absl::Status& status, absl::Duration retry_after, v1::FrameAnswer& answer) {
  const grpc::Status wire = ToGrpcStatus(status);
  v1::FrameError& error = *answer.mutable_error();
  error.set_code(wire.error_code());
  error.set_message(wire.error_message());
  if (!absl::IsResourceExhausted(status)) return;
  error.mutable_retry_after()->set_seconds(absl::ToInt64Seconds(retry_after));
  error.mutable_retry_after()->set_nanos(static_cast<int32_t>(
      absl::ToInt64Nanoseconds(retry_after - absl::Floor(retry_after, absl::Seconds(1)))));
}

}  // namespace

DetectStreamCall::DetectStreamCall(const StreamEnvironment& environment,
                                   grpc::CallbackServerContext& rpc, int64_t number)
    : environment_(environment),
      rpc_(rpc),
      number_(number),
      terms_(TermsOfStream(rpc.client_metadata(), environment.calls.default_deadline)) {
  environment_.open.Increment();
}

grpc::ServerBidiReactor<v1::DetectRequest, v1::FrameAnswer>* DetectStreamCall::Start(
    const StreamEnvironment& environment, grpc::CallbackServerContext& rpc, int64_t number) {
  // The constructor is private.
  const std::shared_ptr<DetectStreamCall> call(new DetectStreamCall(environment, rpc, number));
  call->self_ = call;
  call->Open();
  return call.get();
}

void DetectStreamCall::Open() {
  const absl::Status status = EnterStream(terms_, environment_.calls.admission,
                                          environment_.streams, weak_from_this(), ticket_);
  if (status.ok()) {
    StartRead(&incoming_);
    return;
  }
  {
    MutexLock lock(mutex_);
    finished_ = true;
  }
  RecordRequest(environment_.fallback, status, absl::ZeroDuration(), {},
                environment_.calls.clock.Now(), environment_.calls.admission.closed());
  LogRefused(environment_.calls, "DetectStream", status, {},
             terms_.ok() ? terms_->parent : std::optional<TraceContext>());
  AddRetryHint(status, Admission::kRetryAfter, rpc_);
  Finish(WithRetryInfo(ToGrpcStatus(status), Admission::kRetryAfter));
}

void DetectStreamCall::OnReadDone(bool ok) {
  std::shared_ptr<Frame> dropped;
  bool go_on = false;
  {
    MutexLock lock(mutex_);
    if (!ok) {
      read_all_ = true;
    } else if (draining_ || gone_) {
      refused_ = true;  // and nothing more is read
    } else {
      auto frame = std::make_shared<Frame>(environment_, terms_, rpc_.deadline(), number_);
      frame->request.Swap(&incoming_);
      dropped = line_.Arrive(std::move(frame));
      go_on = true;
    }
  }
  // In this reaction, and so before OnDone, even if the stream is being finished meanwhile.
  if (go_on) StartRead(&incoming_);
  if (dropped != nullptr) CountDropped(dropped);
  Advance();
}

void DetectStreamCall::OnWriteDone(bool ok) {
  {
    MutexLock lock(mutex_);
    line_.Written();
    if (!ok) gone_ = true;
  }
  Advance();
}

void DetectStreamCall::OnCancel() {
  std::vector<std::shared_ptr<Frame>> frames;
  std::shared_ptr<Frame> dropped;
  {
    MutexLock lock(mutex_);
    gone_ = true;
    frames = line_.AtWork();
    dropped = line_.DropWaiting();
  }
  for (const auto& frame : frames) frame->run.Cancel();
  Advance();
}

void DetectStreamCall::OnDone() {
  environment_.streams.Remove(weak_from_this());
  environment_.open.Decrement();
  ticket_.reset();
  const std::shared_ptr<DetectStreamCall> self = std::move(self_);
}

void DetectStreamCall::Drain() {
  std::shared_ptr<Frame> dropped;
  {
    MutexLock lock(mutex_);
    draining_ = true;
    dropped = line_.DropWaiting();
    if (dropped != nullptr) refused_ = true;
  }
  Advance();
}

void DetectStreamCall::Begin(const std::shared_ptr<Frame>& frame) {
  // Both are alive as long as the run is under way.
  frame->run.SetStillWanted([this, begun = frame.get()] {
    MutexLock lock(mutex_);
    return line_.Newest(*begun);
  });
  frame->run.Begin(frame->request, *frame->answer.mutable_response(),
                   [self = shared_from_this(), frame](const absl::Status& status) {
                     self->Ended(frame, status);
                   });
}

void DetectStreamCall::Ended(const std::shared_ptr<Frame>& frame, const absl::Status& status) {
  if (!status.ok()) SetError(status, frame->run.retry_after(), frame->answer);
  bool dropped = false;
  {
    MutexLock lock(mutex_);
    dropped = absl::IsAborted(status) && line_.Dropped(*frame);
    if (!dropped) line_.Answered(*frame);
  }
  if (dropped) MetricsOf(*frame).dropped_in_queue->Increment();
  frame->request.Clear();
  Advance();
}

std::optional<absl::Status> DetectStreamCall::Final() {
  if (finished_ || !line_.empty()) return std::nullopt;
  if (gone_) return absl::CancelledError("the caller has gone");
  if (read_all_ && !refused_) return absl::OkStatus();
  if (draining_) return StreamStopped();
  return std::nullopt;
}

void DetectStreamCall::Advance() {
  // gRPC is called without the lock. That is in order: a write only begins when none is under way,
  // and Finish is called once, when nothing is at work and nothing to be written.
  const std::shared_ptr<DetectStreamCall> self = shared_from_this();
  while (true) {
    std::shared_ptr<Frame> begin;
    std::optional<FrameLine<Frame>::Answer> write;
    std::optional<absl::Status> end;
    {
      MutexLock lock(mutex_);
      if (gone_) line_.DropAnswers();
      begin = line_.Begin();
      if (begin == nullptr) write = line_.Write();
      if (begin == nullptr && !write.has_value()) end = Final();
      if (end.has_value()) finished_ = true;
    }
    if (begin != nullptr) {
      Begin(begin);
      continue;
    }
    if (write.has_value()) {
      write->frame->answer.set_frame(write->number);
      write->frame->answer.set_dropped(write->dropped);
      write->frame->answer.set_dropped_total(write->dropped_total);
      StartWrite(&write->frame->answer);
    }
    if (end.has_value()) Finish(ToGrpcStatus(*end));
    return;
  }
}

StreamMetrics DetectStreamCall::MetricsOf(const Frame& frame) const {
  const auto model =
      environment_.calls.catalog.Find<VitDet>(frame.request.model(), frame.request.version());
  return model.ok() ? (*model)->stream_metrics : environment_.stream_fallback;
}

void DetectStreamCall::CountDropped(const std::shared_ptr<Frame>& frame) const {
  MetricsOf(*frame).dropped_at_door->Increment();
}

}  // namespace omserve

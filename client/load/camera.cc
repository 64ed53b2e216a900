// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/load/camera.h"

#include <grpc/support/time.h>
#include <grpcpp/support/proto_buffer_reader.h>

#include <utility>

#include "client/load/rpc_outcome.h"
#include "client/load/seeded_draw.h"
#include "omserve/v1/vision.pb.h"

namespace omserve::client {
namespace {

constexpr char kDetectStream[] = "/omserve.v1.Vision/DetectStream";

absl::Duration ToAbsl(const google::protobuf::Duration& time) {
  return absl::Seconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

}  // namespace

Camera::Camera(const CameraSetting& setting, const std::shared_ptr<grpc::ChannelInterface>& channel)
    : setting_(setting),
      events_{{this, Step::kStarted}, {this, Step::kWritten}, {this, Step::kHalfClosed},
              {this, Step::kRead},    {this, Step::kReadDue}, {this, Step::kFinished}},
      channel_(channel) {}

void Camera::Open() {
  MutexLock lock(mutex_);
  StartStream();
}

void Camera::StartStream() {
  const LoadPlan& plan = setting_.plan;
  context_.emplace();
  // It lives until the run is over and its last frame has had its time.
  const LoadTime now = std::chrono::steady_clock::now();
  plan.classes[setting_.request_class].Prepare(&*context_, absl::FromChrono(plan.end() - now));
  grpc::GenericStub stub(channel_);
  stream_ = stub.PrepareCall(&*context_, kDetectStream, setting_.queue);
  state_ = State::kOpening;
  writing_ = half_closed_ = finished_ = false;
  index_ = 0;
  stream_->StartCall(Tag(Step::kStarted));
}

void Camera::Frame(const LoadOrder& order) {
  MutexLock lock(mutex_);
  setting_.progress->CountSent();
  if (waiting_.has_value()) {
    MutexLock recording(*setting_.recording);
    setting_.recorder->NotSent(*waiting_);
  }
  waiting_ = order;
  if (state_ == State::kClosed) {
    StartStream();
  } else if (state_ == State::kOpen && !writing_ && !half_closed_) {
    Write();
  }
}

void Camera::Write() {
  if (!waiting_.has_value()) return;
  waiting_->sent = std::chrono::steady_clock::now();
  in_stream_.push_back({.index = ++index_, .order = *waiting_});
  const RequestClass& request_class = setting_.plan.classes[setting_.request_class];
  writing_ = true;
  stream_->Write(request_class.body(waiting_->number), Tag(Step::kWritten));
  {
    MutexLock recording(*setting_.recording);
    setting_.recorder->Sent(*waiting_);
  }
  waiting_.reset();
}

void Camera::End() {
  MutexLock lock(mutex_);
  over_ = true;
  if (state_ == State::kClosed && waiting_.has_value()) {
    MutexLock recording(*setting_.recording);
    setting_.recorder->NotSent(*waiting_);
    waiting_.reset();
  }
  if (state_ == State::kOpen && !writing_ && !half_closed_) {
    half_closed_ = writing_ = true;
    stream_->WritesDone(Tag(Step::kHalfClosed));
  } else {
    half_closed_ = true;
  }
}

void Camera::Reconnect(const std::shared_ptr<grpc::ChannelInterface>& channel) {
  MutexLock lock(mutex_);
  channel_ = channel;
  if (state_ == State::kOpen && !writing_ && !half_closed_) {
    writing_ = true;
    stream_->WritesDone(Tag(Step::kHalfClosed));
  }
  half_closed_ = true;  // of the stream that there is
}

bool Camera::IsClosed() {
  MutexLock lock(mutex_);
  return state_ == State::kClosed;
}

void Camera::Happened(Step step, bool ok) {
  MutexLock lock(mutex_);
  switch (step) {
    case Step::kStarted:
      if (!ok) {
        stream_->Finish(&status_, Tag(Step::kFinished));
        return;
      }
      state_ = State::kOpen;
      stream_->Read(&answer_, Tag(Step::kRead));
      break;
    case Step::kWritten:
    case Step::kHalfClosed:
      writing_ = false;
      if (finished_) Close();
      if (!ok || step == Step::kHalfClosed) return;  // reading tells what happened
      break;
    case Step::kRead:
      GoOnReading(ok);
      return;
    case Step::kReadDue:
      stream_->Read(&answer_, Tag(Step::kRead));
      return;
    case Step::kFinished:
      finished_ = true;
      if (!writing_) Close();
      return;
  }
  if (state_ != State::kOpen || writing_) return;
  if (waiting_.has_value() && (over_ || !half_closed_)) {
    Write();
  } else if (half_closed_) {
    writing_ = true;
    stream_->WritesDone(Tag(Step::kHalfClosed));
  }
}

void Camera::GoOnReading(bool answered) {
  if (!answered) {
    stream_->Finish(&status_, Tag(Step::kFinished));
    return;
  }
  TakeAnswer();
  const absl::Duration pause = setting_.plan.classes[setting_.request_class].spec().read_after;
  if (pause <= absl::ZeroDuration()) {
    stream_->Read(&answer_, Tag(Step::kRead));
    return;
  }
  read_due_.emplace();
  read_due_->Set(setting_.queue, gpr_time_from_nanos(absl::ToInt64Nanoseconds(pause), GPR_TIMESPAN),
                 Tag(Step::kReadDue));
}

void Camera::TakeAnswer() {
  Ending ending;
  ending.ended = std::chrono::steady_clock::now();
  v1::FrameAnswer answer;
  grpc::ProtoBufferReader reader(&answer_);
  if (!answer.ParseFromZeroCopyStream(&reader)) return;  // its frame ends with the stream
  MutexLock recording(*setting_.recording);
  while (!in_stream_.empty() && in_stream_.front().index < answer.frame()) {
    setting_.recorder->Dropped(in_stream_.front().order);
    in_stream_.pop_front();
  }
  if (in_stream_.empty() || in_stream_.front().index != answer.frame()) return;
  const LoadOrder order = in_stream_.front().order;
  in_stream_.pop_front();
  if (answer.has_error()) {
    ending.code = CodeOf(answer.error().code());
    if (answer.error().has_retry_after()) {
      ending.retry_after = ToAbsl(answer.error().retry_after());
    }
  } else {
    if (answer.response().has_timing()) ending.timing = &answer.response().timing();
    const LoadOptions& options = setting_.plan.options;
    ending.checked = setting_.check != nullptr &&
                     SeededDraw(options.seed, DrawFor::kCheck, order.number) < options.check;
    ending.wrong = ending.checked && !setting_.check->IsRight(setting_.request_class, order.number,
                                                              answer.response());
  }
  setting_.recorder->Ended(order, ending, std::nullopt);
}

void Camera::Close() {
  Ending ending;
  ending.ended = std::chrono::steady_clock::now();
  // A stream that ended well has answered or dropped all of its frames; else that is an error, too.
  ending.code = status_.ok() ? absl::StatusCode::kUnknown : CodeOf(status_);
  {
    MutexLock recording(*setting_.recording);
    for (const InStream& frame : in_stream_) {
      setting_.recorder->Ended(frame.order, ending, std::nullopt);
    }
    if (over_ && waiting_.has_value()) {
      setting_.recorder->NotSent(*waiting_);
      waiting_.reset();
    }
  }
  in_stream_.clear();
  read_due_.reset();
  stream_.reset();
  context_.reset();
  state_ = State::kClosed;
}

}  // namespace omserve::client

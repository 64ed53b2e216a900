// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/alarm.h>
#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>

#include "client/load/answer_check.h"
#include "client/load/load_call.h"
#include "client/load/load_plan.h"
#include "client/load/load_progress.h"
#include "client/load/outcome_recorder.h"
#include "client/load/queue_event.h"
#include "client/mutex.h"

namespace omserve::client {

// What the cameras of one class share. Thread-compatible, but for what its members promise.
struct CameraSetting {
  const LoadPlan& plan;
  size_t request_class;
  LoadProgress* progress;
  const AnswerCheck* check;  // may be null
  grpc::CompletionQueue* queue;
  OutcomeRecorder* recorder;  // guarded by 'recording'
  Mutex* recording;
};

// One live video: a DetectStream over which frames go when they are due. While a frame is on its
// way into the connection the newest one waits, and takes the place of one that waited before it,
// which counts as not sent: so does a camera. A stream that ends before its time leaves its frames
// with its error, and the next frame opens a new one:
//
//   closed -- Frame --> opening --> open -- End or Reconnect --> ending --> closed
//                          \_________ the stream breaks ___________________/
//
// Frame, End and Reconnect may be called by any one thread; events come on the queue's thread.
class Camera {
 public:
  // REQUIRES: what 'setting' points to outlives it.
  Camera(const CameraSetting& setting, const std::shared_ptr<grpc::ChannelInterface>& channel);
  Camera(const Camera&) = delete;
  Camera& operator=(const Camera&) = delete;

  // Opens the stream ahead of the first frame.
  void Open() ABSL_LOCKS_EXCLUDED(mutex_);
  // A frame is due. 'order.sent' is set when it is.
  void Frame(const LoadOrder& order) ABSL_LOCKS_EXCLUDED(mutex_);
  // No more frames: the stream ends once those in it are answered.
  void End() ABSL_LOCKS_EXCLUDED(mutex_);
  // The stream ends, and the next frame opens one over this channel.
  void Reconnect(const std::shared_ptr<grpc::ChannelInterface>& channel)
      ABSL_LOCKS_EXCLUDED(mutex_);
  // Whether it has ended for good.
  bool IsClosed() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  enum class State { kClosed, kOpening, kOpen };
  enum class Step { kStarted, kWritten, kHalfClosed, kRead, kReadDue, kFinished };
  class Event final : public QueueEvent {
   public:
    Event(Camera* camera, Step step) : camera_(camera), step_(step) {}
    void Happened(bool ok) override { camera_->Happened(step_, ok); }

   private:
    Camera* const camera_;
    const Step step_;
  };
  // A frame that is in the stream.
  struct InStream {
    int64_t index;  // in this stream, from 1
    LoadOrder order;
  };

  void Happened(Step step, bool ok) ABSL_LOCKS_EXCLUDED(mutex_);
  void StartStream() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Write() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void GoOnReading(bool answered) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void TakeAnswer() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Close() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void* Tag(Step step) { return static_cast<QueueEvent*>(&events_[static_cast<int>(step)]); }

  const CameraSetting setting_;
  Event events_[6];  // by step
  Mutex mutex_;
  State state_ ABSL_GUARDED_BY(mutex_) = State::kClosed;
  std::shared_ptr<grpc::ChannelInterface> channel_ ABSL_GUARDED_BY(mutex_);
  std::optional<grpc::ClientContext> context_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_ ABSL_GUARDED_BY(mutex_);
  std::optional<grpc::Alarm> read_due_ ABSL_GUARDED_BY(mutex_);
  grpc::ByteBuffer answer_ ABSL_GUARDED_BY(mutex_);
  grpc::Status status_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;      // a write or the half-close is on its way
  bool half_closed_ ABSL_GUARDED_BY(mutex_) = false;  // or is to be, once nothing is written
  bool over_ ABSL_GUARDED_BY(mutex_) = false;         // no more frames will come
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;     // the stream's status is there
  int64_t index_ ABSL_GUARDED_BY(mutex_) = 0;         // of the last frame in this stream
  std::optional<LoadOrder> waiting_ ABSL_GUARDED_BY(mutex_);
  std::deque<InStream> in_stream_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace omserve::client

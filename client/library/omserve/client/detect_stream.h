// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "omserve/v1/vision.grpc.pb.h"

namespace omserve::client {

// The frames of one live video on their way, and their answers. The server keeps the newest frame
// that waits, and tells which ones it has dropped. Thread-safe; frames go out in the order of Send.
class DetectStream {
 public:
  // Run on threads of gRPC, one at a time; they must be short and must not throw, nor destroy the
  // stream. Empty ones are not called.
  struct Events {
    // For every frame that was answered, in their order; an answer may carry that frame's error.
    std::function<void(const v1::FrameAnswer&)> on_answer;
    // Once, the last: OK after Finish, else the status of Client's calls.
    std::function<void(const absl::Status&)> on_end;
    // Frames that wait to be written, at least 1; the connection may be slower than the camera.
    size_t max_waiting = 2;
  };

  // Cancels what goes on, and blocks until on_end has returned.
  ~DetectStream();
  DetectStream(const DetectStream&) = delete;
  DetectStream& operator=(const DetectStream&) = delete;

  // Takes a frame and returns at once. False, and the frame is not sent, when max_waiting frames
  // wait already, after Finish, and after the end.
  bool Send(v1::DetectRequest frame);
  // No frame comes any more: those that were sent are answered, then the stream ends.
  void Finish();
  // Ends it now, with CANCELLED.
  void Cancel();
  // Blocks until on_end has returned, or 'patience' has passed; whether it has.
  bool WaitForEnd(absl::Duration patience);

 private:
  friend class Client;
  class Reactor;
  DetectStream(v1::Vision::Stub& stub, std::unique_ptr<grpc::ClientContext> context, Events events);
  const std::unique_ptr<Reactor> reactor_;
};

}  // namespace omserve::client

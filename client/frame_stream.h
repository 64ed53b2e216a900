// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/client_context.h>

#include <functional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "omserve/v1/vision.grpc.pb.h"

namespace omserve::client {

// The frames of one video, to be sent at their times.
struct FramePlan {
  int count = 0;
  absl::Duration interval;                      // between two frames; zero: as fast as it goes
  std::function<v1::DetectRequest(int)> frame;  // makes frame 0, 1, ...
  std::function<void(const v1::FrameAnswer&)> on_answer;  // in order, on one other thread
};

// Runs one DetectStream: a frame is sent when it is due, whatever became of those before. Blocks
// until the server has ended the stream; its status, OK when all frames were answered or dropped.
// 'context' is for this call alone.
absl::Status StreamFrames(v1::Vision::Stub& stub, grpc::ClientContext& context,
                          const FramePlan& plan);

}  // namespace omserve::client

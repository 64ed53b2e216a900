// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/frame_stream.h"

#include <algorithm>
#include <memory>
#include <thread>

#include "client/mutex.h"

namespace omserve::client {
namespace {

// Something that happens once. Thread-safe.
class Ended {
 public:
  void Set() {
    MutexLock lock(mutex_);
    ended_ = true;
    changed_.NotifyAll();
  }
  // Blocks until 'time', or until it happened; whether it did.
  bool WaitUntil(absl::Time time) {
    MutexLock lock(mutex_);
    while (!ended_ && absl::Now() < time) {
      changed_.WaitFor(mutex_, std::min(time - absl::Now(), absl::Seconds(1)));
    }
    return ended_;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace

absl::Status StreamFrames(v1::Vision::Stub& stub, grpc::ClientContext& context,
                          const FramePlan& plan) {
  const auto stream = stub.DetectStream(&context);
  Ended ended;
  std::thread reader([&] {
    v1::FrameAnswer answer;
    while (stream->Read(&answer)) {
      plan.on_answer(answer);
    }
    ended.Set();
  });
  const absl::Time start = absl::Now();
  for (int i = 0; i < plan.count; ++i) {
    // A server that ends the stream early, or cannot be reached, ends the sending, too.
    if (ended.WaitUntil(start + i * plan.interval) || !stream->Write(plan.frame(i))) {
      break;
    }
  }
  stream->WritesDone();
  reader.join();
  const grpc::Status status = stream->Finish();
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

}  // namespace omserve::client

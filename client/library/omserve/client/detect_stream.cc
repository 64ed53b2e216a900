// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "omserve/client/detect_stream.h"

#include <grpcpp/client_context.h>

#include <algorithm>
#include <deque>
#include <utility>

#include "absl/time/clock.h"
#include "client/mutex.h"
#include "omserve/client/call.h"

namespace omserve::client {

// One write and one read are under way at most. A hold keeps gRPC from ending the call between
// writes; it is let go when there is nothing more to read, and nothing is written after that.
class DetectStream::Reactor final
    : public grpc::ClientBidiReactor<v1::DetectRequest, v1::FrameAnswer> {
 public:
  Reactor(v1::Vision::Stub& stub, std::unique_ptr<grpc::ClientContext> context, Events events)
      : context_(std::move(context)), events_(std::move(events)) {
    stub.async()->DetectStream(context_.get(), this);
    AddHold();
    StartRead(&answer_);
    StartCall();
  }

  bool Send(v1::DetectRequest frame) {
    MutexLock lock(mutex_);
    const size_t most = events_.max_waiting == 0 ? 1 : events_.max_waiting;
    // The frame that is being written is at the front.
    if (finishing_ || over_ || waiting_.size() - (writing_ ? 1 : 0) >= most) return false;
    waiting_.push_back(std::move(frame));
    if (!writing_) WriteNext();
    return true;
  }

  void Finish() {
    MutexLock lock(mutex_);
    if (finishing_ || over_) return;
    finishing_ = true;
    if (!writing_) StartWritesDone();
  }

  void Cancel() { context_->TryCancel(); }

  bool WaitForEnd(absl::Duration patience) {
    const absl::Time end = absl::Now() + patience;
    MutexLock lock(mutex_);
    while (!ended_) {
      const absl::Duration left = end - absl::Now();
      if (left <= absl::ZeroDuration()) return false;
      ended_changed_.WaitFor(mutex_, std::min(left, absl::Hours(1)));
    }
    return true;
  }

 private:
  void WriteNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    writing_ = true;
    StartWrite(&waiting_.front());
  }

  void OnWriteDone(bool ok) override {
    MutexLock lock(mutex_);
    writing_ = false;
    waiting_.pop_front();
    if (!ok || over_) return;  // the end comes by the read
    if (!waiting_.empty()) {
      WriteNext();
    } else if (finishing_) {
      StartWritesDone();
    }
  }

  void OnReadDone(bool ok) override {
    if (ok) {
      if (events_.on_answer) events_.on_answer(answer_);
      StartRead(&answer_);
      return;
    }
    {
      MutexLock lock(mutex_);
      over_ = true;
    }
    RemoveHold();
  }

  // Nobody touches the reactor after the waiter has seen 'ended_'.
  void OnDone(const grpc::Status& status) override {
    if (events_.on_end) events_.on_end(ToStatus(status, *context_));
    MutexLock lock(mutex_);
    ended_ = true;
    ended_changed_.NotifyAll();
  }

  const std::unique_ptr<grpc::ClientContext> context_;
  const Events events_;
  v1::FrameAnswer answer_;
  Mutex mutex_;
  CondVar ended_changed_;
  std::deque<v1::DetectRequest> waiting_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool finishing_ ABSL_GUARDED_BY(mutex_) = false;
  bool over_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

DetectStream::DetectStream(v1::Vision::Stub& stub, std::unique_ptr<grpc::ClientContext> context,
                           Events events)
    : reactor_(std::make_unique<Reactor>(stub, std::move(context), std::move(events))) {}

DetectStream::~DetectStream() {
  Cancel();
  reactor_->WaitForEnd(absl::InfiniteDuration());
}

bool DetectStream::Send(v1::DetectRequest frame) { return reactor_->Send(std::move(frame)); }
void DetectStream::Finish() { reactor_->Finish(); }
void DetectStream::Cancel() { reactor_->Cancel(); }
bool DetectStream::WaitForEnd(absl::Duration patience) { return reactor_->WaitForEnd(patience); }

}  // namespace omserve::client

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/support/server_callback.h>

#include <chrono>
#include <memory>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "omserve/v1/vision.pb.h"
#include "pipelines/base/mutex.h"
#include "server/metrics/server_metrics.h"
#include "server/service/call_environment.h"
#include "server/service/call_terms.h"
#include "server/service/frame_line.h"
#include "server/service/open_streams.h"
#include "server/service/request_run.h"

namespace omserve {

// What all video streams share. Everything outlives the streams.
struct StreamEnvironment {
  const CallEnvironment& calls;
  const RequestMetrics& fallback;        // for frames that name no model of ours, and streams
  const StreamMetrics& stream_fallback;  // the same for dropped frames
  prometheus::Gauge& open;
  OpenStreams& streams;
};

// One DetectStream RPC. Reads all the time, so that the newest frame is always at hand: of those
// that cannot begin, one is kept. So at most kAtWork frames (with their answers, until the client
// takes them), one that waits and one that is being received are in memory, whatever the client
// does. Owns itself from Start to OnDone, shared with whoever drains the streams. Thread-safe.
class DetectStreamCall final : public grpc::ServerBidiReactor<v1::DetectRequest, v1::FrameAnswer>,
                               public DrainableStream,
                               public std::enable_shared_from_this<DetectStreamCall> {
 public:
  // One on the device, and one that is decoded or waits for the device; when the device has other
  // work, the scheduler keeps the newer of the two.
  static constexpr size_t kAtWork = 2;

  // 'number' as in RequestContext::stream.
  static grpc::ServerBidiReactor<v1::DetectRequest, v1::FrameAnswer>* Start(
      const StreamEnvironment& environment, grpc::CallbackServerContext& rpc, int64_t number);

  void Drain() override;

 private:
  struct Frame {
    Frame(const StreamEnvironment& environment, const absl::StatusOr<CallTerms>& terms,
          std::chrono::system_clock::time_point deadline, int64_t stream)
        : run(environment.calls, environment.fallback, terms, deadline, stream) {}
    v1::DetectRequest request;
    v1::FrameAnswer answer;
    RequestRun<DetectFrameMethod> run;
  };

  DetectStreamCall(const StreamEnvironment& environment, grpc::CallbackServerContext& rpc,
                   int64_t number);

  // Lets the stream in, or ends it.
  void Open();
  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

  void Begin(const std::shared_ptr<Frame>& frame);
  void Ended(const std::shared_ptr<Frame>& frame, const absl::Status& status);
  // Begins, writes or finishes, whatever is due.
  void Advance();
  // The final status, when it is time for it.
  std::optional<absl::Status> Final() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Counts frames that never began.
  void CountDropped(const std::shared_ptr<Frame>& frame) const;
  StreamMetrics MetricsOf(const Frame& frame) const;

  const StreamEnvironment environment_;
  grpc::CallbackServerContext& rpc_;
  const int64_t number_;
  absl::StatusOr<CallTerms> terms_;
  std::optional<Admission::Ticket> ticket_;  // until OnDone: all answers have been handed over
  std::shared_ptr<DetectStreamCall> self_;   // until OnDone
  v1::DetectRequest incoming_;               // gRPC's, between StartRead and OnReadDone

  Mutex mutex_;
  FrameLine<Frame> line_ ABSL_GUARDED_BY(mutex_){kAtWork};
  bool read_all_ ABSL_GUARDED_BY(mutex_) = false;  // the client sends nothing any more
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  bool refused_ ABSL_GUARDED_BY(mutex_) = false;  // a frame, because of the draining
  bool gone_ ABSL_GUARDED_BY(mutex_) = false;     // the client; nobody reads answers
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace omserve

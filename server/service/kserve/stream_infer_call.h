// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "pipelines/base/mutex.h"
#include "server/service/kserve/infer_call.h"
#include "server/service/open_streams.h"

namespace omserve::kserve {

// One ModelStreamInfer RPC: every request is answered as it ends, in any order, and told apart by
// its id; one that fails has its error in its answer and the stream lives on. No more is read while
// kMostOpen requests are at work or their answers not taken, so that a slow reader slows itself.
// After the client's half-close what is open is answered, then the stream ends with OK. Owns itself
// from Start to OnDone, shared with whoever drains the streams. Thread-safe.
class StreamInferCall final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>,
                              public DrainableStream,
                              public std::enable_shared_from_this<StreamInferCall> {
 public:
  static constexpr size_t kMostOpen = 64;

  // Everything borrowed outlives the stream.
  static grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* Start(
      const InferEnvironment& environment, OpenStreams& streams, grpc::CallbackServerContext& rpc);

  void Drain() override;

 private:
  StreamInferCall(const InferEnvironment& environment, OpenStreams& streams,
                  grpc::CallbackServerContext& rpc);

  // Lets the stream in, or ends it.
  void Open();
  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

  void Begin();
  void Ended(int64_t number, grpc::ByteBuffer answer);
  // Reads, writes or finishes, whatever is due.
  void Advance();
  bool MayRead() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The final status, when it is time for it.
  std::optional<absl::Status> Final() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const InferEnvironment environment_;
  OpenStreams& streams_;
  grpc::CallbackServerContext& rpc_;
  const absl::StatusOr<CallTerms> terms_;
  std::optional<Admission::Ticket> ticket_;  // until OnDone: all answers have been handed over
  std::shared_ptr<StreamInferCall> self_;    // until OnDone
  grpc::ByteBuffer incoming_;                // gRPC's, between StartRead and OnReadDone
  grpc::ByteBuffer outgoing_;                // gRPC's, between StartWrite and OnWriteDone

  Mutex mutex_;
  std::map<int64_t, std::shared_ptr<InferCall>> open_ ABSL_GUARDED_BY(mutex_);
  std::deque<grpc::ByteBuffer> answers_ ABSL_GUARDED_BY(mutex_);
  int64_t last_number_ ABSL_GUARDED_BY(mutex_) = 0;
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;    // until what was read is a request
  bool starting_ ABSL_GUARDED_BY(mutex_) = false;   // a read: gRPC is being called
  bool beginning_ ABSL_GUARDED_BY(mutex_) = false;  // a request, which is not in open_ yet
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool read_all_ ABSL_GUARDED_BY(mutex_) = false;  // the client sends nothing any more
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  bool refused_ ABSL_GUARDED_BY(mutex_) = false;  // a request, because of the draining
  bool gone_ ABSL_GUARDED_BY(mutex_) = false;     // the client; nobody reads answers
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace omserve::kserve

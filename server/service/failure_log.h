// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "pipelines/base/clock.h"
#include "pipelines/base/mutex.h"
#include "pipelines/base/request_context.h"
#include "server/base/token_bucket.h"
#include "server/tracing/trace_context.h"

namespace omserve {

// A request that failed, as its end tells it. What it refers to need only live during Add.
struct FailedRequest {
  std::string_view method;
  std::string_view model;  // empty when the request named none of ours
  std::string_view version;
  std::string_view request_id;  // the client's: any bytes
  std::string_view trace_id;    // hexadecimal, or empty
  const absl::Status& status;
  absl::Duration duration;  // from its arrival
  const std::vector<StageTiming>& timings;
  bool draining = false;
};

// How the lines are written. A value.
struct FailureLogOptions {
  bool json = false;
  // Lines a second about failures of ours, and as many about failures of the callers, so that
  // neither hides the other; ten times as many at once after a pause. REQUIRES: above 0.
  double per_second = 10;
};

// One line of the log for each request that failed, but for frames of a stream that a newer one
// replaced: those are dropped, not failed. Above the rate lines are left out, and how many were is
// said. A line has names, ids, codes and times; of a failure that the caller is to blame for it has
// the name of the field and not the text, which may quote the request. Ids are cut at 128 bytes
// and escaped, so that a line is a line whatever a client sends. Owned by the server. Thread-safe.
class FailureLog {
 public:
  enum class Severity : uint8_t { kCaller, kOurs };
  // Gets what comes behind the time and the level: in JSON, members without the braces.
  using Sink = absl::AnyInvocable<void(Severity, const std::string&)>;

  // To the process's log; see InitLog.
  FailureLog(const Clock& clock, const FailureLogOptions& options);
  FailureLog(const Clock& clock, const FailureLogOptions& options, Sink sink);

  void Add(const FailedRequest& failed) ABSL_LOCKS_EXCLUDED(mutex_);

  // To be called now and then: says how many lines were left out, when there is room for that.
  void Tick() ABSL_LOCKS_EXCLUDED(mutex_);

  // The last lines as JSON objects, newest first; without file names.
  std::vector<std::string> recent() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Kind {
    TokenBucket bucket;
    int64_t left_out = 0;
  };
  // Whether a line may be written now; else it is counted. 'left_out' is what the line is to say.
  bool MayWrite(Severity severity, int64_t& left_out) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Clock& clock_;
  const FailureLogOptions options_;
  mutable Mutex mutex_;
  Sink sink_ ABSL_GUARDED_BY(mutex_);
  std::array<Kind, 2> kinds_ ABSL_GUARDED_BY(mutex_);
  std::deque<std::string> recent_ ABSL_GUARDED_BY(mutex_);
};

struct CallEnvironment;
// The same for what was refused before it came to a model: a request of a protocol, or a stream.
void LogRefused(const CallEnvironment& environment, std::string_view method,
                const absl::Status& status, std::string_view request_id,
                const std::optional<TraceContext>& parent);

}  // namespace omserve

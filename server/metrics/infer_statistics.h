// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "pipelines/base/mutex.h"

namespace omserve {

// How often, and how long in all. A value.
struct CountedTime {
  uint64_t count = 0;
  absl::Duration time;
  void Add(absl::Duration more) {
    ++count;
    time += more;
  }
};

// Where the time of requests went. A value.
struct RequestTimes {
  absl::Duration total;   // from arrival to answer
  absl::Duration queue;   // until a batch took the items
  absl::Duration input;   // reading pictures, copies to the device
  absl::Duration infer;   // on the device
  absl::Duration output;  // copies from the device, work on results
};

// Batches of one size. A value.
struct BatchTimes {
  CountedTime input;
  CountedTime infer;
  CountedTime output;
};

// What was counted of one model so far. A value. The counts of queue, input, infer and output are
// always those of success: tools refuse statistics where they differ.
struct InferTotals {
  CountedTime success;
  CountedTime fail;
  absl::Duration queue;
  absl::Duration input;
  absl::Duration infer;
  absl::Duration output;
  uint64_t inferences = 0;                 // rows of batches, or requests of a pipeline
  uint64_t executions = 0;                 // batches, or requests of a pipeline
  absl::Time last = absl::InfinitePast();  // arrival of the last request
  std::map<int, BatchTimes> batches;       // by size
};

// Counts the requests, and the batches, of one model: a pipeline or one of its stages. Thread-safe.
class InferStatistics {
 public:
  // A request, or a call of a stage by a pipeline, that was answered.
  void AddSuccess(const RequestTimes& times, absl::Time arrival) ABSL_LOCKS_EXCLUDED(mutex_);
  void AddFailure(absl::Duration total, absl::Time arrival) ABSL_LOCKS_EXCLUDED(mutex_);
  // One batch of 'items' that ended well.
  void AddBatch(int items, absl::Duration input, absl::Duration infer, absl::Duration output)
      ABSL_LOCKS_EXCLUDED(mutex_);
  // One run of a whole pipeline, which has no batches.
  void AddRun() ABSL_LOCKS_EXCLUDED(mutex_);

  InferTotals totals() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  mutable Mutex mutex_;
  InferTotals totals_ ABSL_GUARDED_BY(mutex_);
};

// A pipeline and its stages, over all versions of it. Thread-safe.
class PipelineStatistics {
 public:
  InferStatistics& whole() { return whole_; }
  // Makes them when there are none yet.
  InferStatistics& AddStage(const std::string& name) ABSL_LOCKS_EXCLUDED(mutex_);
  // Null when there is no such stage.
  InferStatistics* stage(std::string_view name) const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  InferStatistics whole_;
  mutable Mutex mutex_;
  std::map<std::string, std::unique_ptr<InferStatistics>, std::less<>> stages_
      ABSL_GUARDED_BY(mutex_);
};

// The statistics of all pipelines since the start of the process. What was made stays, so that a
// model that comes back goes on counting. Owned by the server; outlives all that counts.
// Thread-safe.
class StatisticsBook {
 public:
  // Makes them when there are none yet.
  PipelineStatistics& Of(const std::string& model) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  Mutex mutex_;
  std::map<std::string, std::unique_ptr<PipelineStatistics>> pipelines_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace omserve

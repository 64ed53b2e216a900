// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "pipelines/graphs/model_runner.h"
#include "server/batching/batch_observer.h"
#include "server/batching/engine_options.h"

namespace omserve {

// Checks in production that an answer does not depend on what it was batched or padded with: runs
// the first item of a sample of the calls once more, alone and at low priority, and compares what
// the host got. Says so in the log and to the observer. Owned by the runner. Thread-safe.
class ShadowCheck {
 public:
  // Everything outlives the check.
  ShadowCheck(std::string model, ModelRunner& runner, const EngineOptions& options,
              BatchObserver& observer);

  // Whether this call is one of the sample; it must have all inputs on the host, and outputs to
  // compare.
  bool Wants(const StageCall& call);
  // What is to be called at the end of 'call' instead of 'done'.
  ModelRunner::Done Watch(const StageCall& call, ModelRunner::Done done);

  // The largest difference of the first rows, of the largest absolute value in them; infinite when
  // only one is a number. Tensors of integers are equal (0) or not (infinite). REQUIRES: same shape
  // from dimension 1 on, at least one row.
  static double Difference(const HostTensor& one, const HostTensor& other);

 private:
  struct Check;
  void RunAgain(std::shared_ptr<Check> check);
  void Compare(const Check& check, const std::vector<int>& fetched, const StageResult& alone);

  const std::string model_;
  ModelRunner& runner_;
  const double rate_;
  const double tolerance_;
  BatchObserver& observer_;
  std::atomic<uint64_t> calls_{0};
};

}  // namespace omserve

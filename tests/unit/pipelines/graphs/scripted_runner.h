// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "pipelines/graphs/model_runner.h"

namespace omserve {

// A clock that stands still until it is moved. Single-thread.
class ManualClock : public Clock {
 public:
  absl::Time Now() const override { return now; }
  absl::Time now = absl::UnixEpoch();
};

// A runner that answers each stage by a function of the call and can fail on plan. Answers wait in
// a queue, never inside Submit; Drain() delivers them. Single-thread.
class ScriptedRunner : public ModelRunner {
 public:
  using Answer = std::function<absl::StatusOr<StageResult>(const StageCall&)>;

  // Promises are only marks that the answers are called with.
  StagePromise Submit(StageCall call, RequestContext& context, Done done) override;
  TensorAllocator& allocator() override { return TensorAllocator::Heap(); }
  // Delivers answers until there are none left.
  void Drain();

  std::map<std::string, Answer> answers;
  std::vector<std::string> stages;  // in the order of the calls
  std::vector<int64_t> items;       // of each call
  std::function<void(const std::string&)> before_answer = [](const std::string&) {};

 private:
  struct Pending {
    StageCall call;
    Done done;
  };
  std::vector<Pending> pending_;
};

// A float32 tensor filled with one value.
HostTensor Constant(Shape shape, float value);
StageTensor OnHost(HostTensor tensor);

}  // namespace omserve

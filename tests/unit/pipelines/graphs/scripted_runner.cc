// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/pipelines/graphs/scripted_runner.h"

#include <algorithm>
#include <utility>

namespace omserve {
namespace {

// A device tensor without content.
class Mark final : public DeviceTensor {
 public:
  int device() const override { return 0; }
};

}  // namespace

StagePromise ScriptedRunner::Submit(StageCall call, RequestContext&, Done done) {
  stages.emplace_back(call.stage);
  items.push_back(call.items);
  StagePromise promise;
  for (const int output : call.keep) {
    promise.resize(std::max(promise.size(), static_cast<size_t>(output) + 1));
    promise[static_cast<size_t>(output)].device = std::make_shared<Mark>();
  }
  pending_.push_back({std::move(call), std::move(done)});
  return promise;
}

void ScriptedRunner::Drain() {
  while (!pending_.empty()) {
    Pending next = std::move(pending_.front());
    pending_.erase(pending_.begin());
    const std::string stage(next.call.stage);
    before_answer(stage);
    const auto answer = answers.find(stage);
    absl::StatusOr<StageResult> result = absl::NotFoundError("no such stage");
    if (answer != answers.end()) result = answer->second(next.call);
    next.done(std::move(result));
  }
}

HostTensor Constant(Shape shape, float value) {
  HostTensor tensor = TensorAllocator::Heap().Allocate(DType::kFloat32, std::move(shape));
  std::fill(tensor.as<float>().begin(), tensor.as<float>().end(), value);
  return tensor;
}

StageTensor OnHost(HostTensor tensor) {
  StageTensor stage;
  stage.host = std::move(tensor);
  return stage;
}

}  // namespace omserve

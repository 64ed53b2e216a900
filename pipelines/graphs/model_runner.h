// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <coroutine>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pipelines/base/request_context.h"
#include "pipelines/base/tensor.h"

namespace omserve {

// One use of one stage by one request.
struct StageCall {
  std::string_view stage;  // as in the manifest; must outlive the call
  // Rows along dimension 0 of every input; 0 is fine and gives empty outputs without a device.
  // More than the largest gear is fine too: the runner splits.
  int64_t items = 0;
  std::vector<StageTensor> inputs;  // in the order of the manifest
  std::vector<int> fetch;           // outputs that the host wants to see
  std::vector<int> keep;            // outputs that stay on the device for a later stage
};

// Outputs in the order of the manifest; only those that were asked for are set.
struct StageResult {
  std::vector<StageTensor> outputs;
  // Items at the end of the call that were above the request's limit at the stage and did not run:
  // the outputs have that many rows less.
  int64_t items_cut = 0;
};

// What became of a request at the door.
struct Admitted {
  // RESOURCE_EXHAUSTED: there is no room, or it could not end in its budget. DEADLINE_EXCEEDED: its
  // budget is over.
  absl::Status status;
  absl::Duration retry_after;  // when to try again; with RESOURCE_EXHAUSTED only
};

// The one door from a pipeline to a model. Batching across requests happens behind it.
// Thread-safe.
class ModelRunner {
 public:
  using Done = absl::AnyInvocable<void(absl::StatusOr<StageResult>)>;
  virtual ~ModelRunner() = default;

  // Decides, before anything is done for a request, whether it can end in its budget. 'bytes' of
  // host memory that it will need. A request that was let in calls Leave once, when none of its
  // calls is under way. Never blocks.
  virtual Admitted Admit(RequestContext& /*context*/, int64_t /*bytes*/) { return {}; }
  // 'completed' when it got its answer.
  virtual void Leave(RequestContext& /*context*/, bool /*completed*/) {}
  // The caller has gone: what waits of the request ends as CANCELLED, at once where the runner can.
  virtual void Cancel(RequestContext& context) { context.Cancel(); }

  // Queues the call and returns at once. 'done' is called exactly once, on a host worker and never
  // inside Submit. 'context' must live until then. Errors: RESOURCE_EXHAUSTED (queue full),
  // DEADLINE_EXCEEDED, CANCELLED, UNAVAILABLE (device), INVALID_ARGUMENT (shape), NOT_FOUND
  // (stage).
  virtual void Submit(StageCall call, RequestContext& context, Done done) = 0;

  // Memory that the device can copy from without another copy on the host.
  virtual TensorAllocator& allocator() = 0;

  // co_await runner.Run(call, context) gives absl::StatusOr<StageResult>.
  auto Run(StageCall call, RequestContext& context) {
    struct Awaiter {
      ModelRunner& runner;
      StageCall call;
      RequestContext& context;
      absl::StatusOr<StageResult> result = absl::UnknownError("not run");

      bool await_ready() const noexcept { return false; }
      void await_suspend(std::coroutine_handle<> handle) {
        runner.Submit(std::move(call), context, [this, handle](absl::StatusOr<StageResult> value) {
          result = std::move(value);
          handle.resume();
        });
      }
      absl::StatusOr<StageResult> await_resume() { return std::move(result); }
    };
    return Awaiter{*this, std::move(call), context};
  }
};

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <coroutine>
#include <cstdint>
#include <memory>
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
  bool alone = false;               // in batches of its own, for comparisons
  // 'done' takes some microseconds and never waits: it may run on the thread that hears of the end,
  // also inside Submit.
  bool light = false;
};

// Outputs in the order of the manifest; only those that were asked for are set.
struct StageResult {
  std::vector<StageTensor> outputs;
  // Items at the end of the call that were above the request's limit at the stage and did not run:
  // the outputs have that many rows less.
  int64_t items_cut = 0;
};

// Outputs that a stage will leave on the device, in the order of the manifest; only those that the
// call keeps are set. A later call of the same request may take them before they are there, and
// then runs right behind the stage, without the host in between.
using StagePromise = std::vector<StageTensor>;

// What became of a request at the door.
struct Admitted {
  // RESOURCE_EXHAUSTED: there is no room, or it could not end in its budget. DEADLINE_EXCEEDED: its
  // budget is over.
  absl::Status status;
  absl::Duration retry_after;  // when to try again; with RESOURCE_EXHAUSTED only
};

// A stage that is under way. It must be awaited once, also when another stage has failed: until it
// has ended, it uses the request's context. Move-only, thread-compatible.
class [[nodiscard]] StageRun {
 public:
  // REQUIRES: the call keeps that output. Unset when the call was refused.
  StageTensor promise(size_t output) const {
    return output < promise_.size() ? promise_[output] : StageTensor();
  }

  auto operator co_await() && noexcept {
    struct Awaiter {
      std::shared_ptr<State> state;
      bool await_ready() const noexcept { return false; }
      bool await_suspend(std::coroutine_handle<> handle) noexcept { return state->Await(handle); }
      absl::StatusOr<StageResult> await_resume() { return std::move(state->result); }
    };
    return Awaiter{std::move(state_)};
  }

 private:
  friend class ModelRunner;

  // Shared by the run and by the end of the stage, whichever comes first.
  struct State {
    absl::StatusOr<StageResult> result = absl::UnknownError("not run");
    std::atomic<void*> waiting{nullptr};  // a coroutine's address, or this: ended

    // False when the stage has ended: the coroutine goes on at once.
    bool Await(std::coroutine_handle<> handle) noexcept {
      void* none = nullptr;
      return waiting.compare_exchange_strong(none, handle.address());
    }
    void End(absl::StatusOr<StageResult> value) {
      result = std::move(value);
      void* const waiter = waiting.exchange(this);
      if (waiter != nullptr) std::coroutine_handle<>::from_address(waiter).resume();
    }
  };

  StagePromise promise_;
  std::shared_ptr<State> state_ = std::make_shared<State>();
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

  // Ends what is queued with UNAVAILABLE, refuses what comes later, and waits for what runs.
  // Blocks.
  virtual void Close() {}

  // Queues the call and returns at once. 'done' is called exactly once, on a host worker and never
  // inside Submit (or on a thread of the device, or inside, if the call is light). 'context' must
  // live until then. The promise is empty when the call is refused. Errors: RESOURCE_EXHAUSTED
  // (queue full), DEADLINE_EXCEEDED, CANCELLED, UNAVAILABLE (device), INVALID_ARGUMENT (shape),
  // NOT_FOUND (stage).
  virtual StagePromise Submit(StageCall call, RequestContext& context, Done done) = 0;

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

  // Starts a stage; co_await on what it gives is the result. In between, its promise can be an
  // input of the next one.
  StageRun Start(StageCall call, RequestContext& context) {
    StageRun run;
    run.promise_ =
        Submit(std::move(call), context, [state = run.state_](absl::StatusOr<StageResult> result) {
          state->End(std::move(result));
        });
    return run;
  }
};

}  // namespace omserve

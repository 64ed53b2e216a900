// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/batching/pending_call.h"

#include <algorithm>
#include <string>
#include <utility>

namespace omserve {

CallOutputs& PendingCall::OutputsOn(int device) {
  MutexLock lock(mutex_);
  for (CallOutputs* const outputs : outputs_) {
    if (outputs->device() == device) return *outputs;
  }
  if (!call_.keep.empty() && !outputs_.empty()) {  // all of it runs again, here
    outputs_.clear();
    parts_.clear();
  }
  outputs_.push_back(&MakeOutputs(device));
  return *outputs_.back();
}

CallOutputs& PendingCall::MakeOutputs(int device) {
  if (!first_.has_value()) return first_.emplace(call_, info(), device);
  return *others_.emplace_back(std::make_unique<CallOutputs>(call_, info(), device));
}

void PendingCall::Abandon(int device) {
  MutexLock lock(mutex_);
  const auto found =
      std::find_if(outputs_.begin(), outputs_.end(),
                   [device](const CallOutputs* outputs) { return outputs->device() == device; });
  if (found == outputs_.end()) return;
  (*found)->Abandon();
  outputs_.erase(found);
  if (!call_.keep.empty()) parts_.clear();  // all of it runs again
}

std::shared_ptr<const DeviceRows> PendingCall::kept(size_t output) const {
  MutexLock lock(mutex_);
  return outputs_.empty() ? nullptr : outputs_.front()->kept(output);
}

void PendingCall::AddRows(CallOutputs& outputs, int64_t first, int64_t items,
                          const StageTiming& timing) {
  MutexLock lock(mutex_);
  if (outputs.abandoned()) return;  // too late: these rows run again
  parts_.push_back({&outputs, first, items});
  AddTiming(timing);
}

void PendingCall::AddTiming(const StageTiming& timing) {
  timing_.queue = std::max(timing_.queue, timing.queue);
  timing_.batch_form += timing.batch_form;
  timing_.h2d += timing.h2d;
  timing_.gather += timing.gather;
  timing_.execute += timing.execute;
  timing_.d2h += timing.d2h;
  timing_.device = timing.device;
  timing_.batch_size = std::max(timing_.batch_size, timing.batch_size);
  timing_.padding += timing.padding;
  ++timing_.batches;
}

StageResult PendingCall::Result() {
  if (parts_.empty()) return CallOutputs(call_, info(), context_->device()).Result();  // no items
  CallOutputs* whole = parts_.front().outputs;
  const bool one = std::all_of(parts_.begin(), parts_.end(),
                               [&](const Part& part) { return part.outputs == whole; });
  if (!one || whole->abandoned()) {
    whole = &MakeOutputs(whole->device());
    for (const Part& part : parts_) whole->CopyHostRows(*part.outputs, part.first, part.items);
  }
  return whole->Result();
}

void PendingCall::Finish(const absl::Status& status, Executor& executor, bool here) {
  absl::StatusOr<StageResult> result;
  {
    MutexLock lock(mutex_);
    if (timing_.batches > 0) {
      timing_.stage = std::string(call_.stage);
      context_->set_device(timing_.device);
      context_->AddTiming(std::move(timing_));
    }
    if (status.ok()) {
      result = Result();
      result->items_cut = items_cut_;
    } else {
      result = status;
      outputs_.clear();  // nobody may go on with what a failed call left
    }
  }
  if (here) {
    // As on a worker, the call counts as inside until 'done' has returned.
    const std::optional<Gate::Pass> pass = std::move(pass_);
    ModelRunner::Done done = std::move(done_);
    done(std::move(result));
    return;
  }
  const auto lane = status.ok() ? Executor::Lane::kContinue : Executor::Lane::kEnd;
  executor.Post(lane, [done = std::move(done_), result = std::move(result),
                       pass = std::move(pass_)]() mutable { done(std::move(result)); });
}

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// The engine and its callers: requests and calls in, cancellations.
#include <map>
#include <memory>
#include <utility>

#include "server/batching/batch_engine.h"
#include "server/batching/promised_rows.h"
#include "server/batching/submit_burst.h"

namespace omserve {
namespace {

scheduling::Priority PriorityOf(const RequestContext& context) {
  return context.priority() == Priority::kBatch ? scheduling::Priority::kBatch
                                                : scheduling::Priority::kInteractive;
}

}  // namespace

int64_t BatchEngine::NumberOf(RequestContext& context) {
  if (context.number() == 0) context.set_number(++last_request_);
  return context.number();
}

Admitted BatchEngine::Admit(scheduling::PipelineId pipeline, RequestContext& context,
                            int64_t bytes) {
  MutexLock lock(mutex_);
  scheduling::RequestSpec spec;
  spec.request = NumberOf(context);
  spec.pipeline = pipeline;
  spec.bytes = bytes;
  spec.budget_end = context.deadline();
  spec.priority = PriorityOf(context);
  const scheduling::Admission admission = scheduler_.Admit(spec, Now());
  return {admission.status, admission.retry_after};
}

void BatchEngine::Leave(RequestContext& context, bool completed) {
  Aftermath after;
  {
    MutexLock lock(mutex_);
    if (context.number() == 0) return;
    if (!scheduler_.EndRequest(context.number(), completed)) return;
    Turn(after);
  }
  Conclude(after);
}

void BatchEngine::Cancel(RequestContext& context) {
  context.Cancel();
  Aftermath after;
  {
    MutexLock lock(mutex_);
    if (!scheduler_.CancelJobs(context.number())) return;
    Turn(after);
  }
  Conclude(after);
}

StagePromise BatchEngine::Submit(const EngineStage& stage, StageCall call, RequestContext& context,
                                 ModelRunner::Done done, Gate::Pass pass) {
  StagePromise promise;
  scheduling::JobSpec spec;
  Aftermath after;
  absl::Status refused;
  {
    MutexLock lock(mutex_);
    const absl::Time now = Now();
    spec.request = NumberOf(context);
    spec.stage = stage.id();
    spec.items = call.items;
    spec.budget_end = context.deadline();
    spec.priority = PriorityOf(context);
    spec.stream = context.stream();
    spec.suspect = context.suspect();
    spec.alone = options_.plain || call.alone;
    refused = Place(call, stage, spec);
    scheduling::Submitted submitted;
    if (refused.ok()) {
      submitted = scheduler_.Submit(spec, now);
      refused = submitted.status;
    }
    if (refused.ok()) {
      call.items -= submitted.items_cut;
      auto pending = std::make_shared<PendingCall>(std::move(call), stage, context, std::move(done),
                                                   std::move(pass), now);
      pending->set_job(submitted.job, spec.request);
      pending->set_items_cut(submitted.items_cut);
      if (!pending->call().keep.empty()) promise.resize(stage.info().outputs.size());
      for (const int output : pending->call().keep) {
        promise[static_cast<size_t>(output)].device =
            std::make_shared<PromisedRows>(pending, static_cast<size_t>(output));
      }
      spare_calls_.Add(calls_, submitted.job) = std::move(pending);
      // The caller may have gone before it could find the job.
      if (context.cancelled()) scheduler_.Cancel(submitted.job);
    }
    if (!SubmitBurst::Holds(*this)) {
      Turn(after);
      after.depths.emplace_back(&stage, scheduler_.waiting_items(stage.id()));
    }
  }
  if (!refused.ok()) {
    executor_.Post([done = std::move(done), pass = std::move(pass), refused]() mutable {
      done(std::move(refused));
    });
  }
  ConcludeHere(after);
  return promise;
}

void BatchEngine::Look() {
  Aftermath after;
  {
    MutexLock lock(mutex_);
    Turn(after);
  }
  ConcludeHere(after);
}

void BatchEngine::ConcludeHere(Aftermath& aftermath) {
  DeviceLane* here = nullptr;
  if (options_.submit_here && !aftermath.lanes.empty()) {
    here = aftermath.lanes.back();
    aftermath.Leave(here);
  }
  Conclude(aftermath);
  if (here != nullptr) here->SubmitHere();
}

absl::Status BatchEngine::Place(const StageCall& call, const EngineStage& stage,
                                scheduling::JobSpec& spec) const {
  if (call.items == 0) return absl::OkStatus();
  std::map<int, size_t> bytes;  // by device, of an item
  for (size_t i = 0; i < call.inputs.size(); ++i) {
    const StageTensor& input = call.inputs[i];
    if (input.device == nullptr) continue;
    const auto* promised = dynamic_cast<const PromisedRows*>(input.device.get());
    if (promised != nullptr && calls_.contains(promised->producer().job())) {
      if (spec.after != 0 && spec.after != promised->producer().job()) {
        return absl::InvalidArgumentError("inputs are promised by two stages that have not ended");
      }
      spec.after = promised->producer().job();
    } else if (const auto rows = RowsOf(input); rows != nullptr) {
      spec.lost = spec.lost || rows->lost();
      bytes[rows->device()] += stage.info().inputs[i].row_bytes;
    } else {
      return absl::FailedPreconditionError("the stage that promised an input has failed");
    }
  }
  spec.spread = bytes.empty() && spec.after == 0 && call.keep.empty();
  if (bytes.empty() && spec.after == 0) return absl::OkStatus();
  spec.affinity = scheduling::Affinity::kPreferred;
  size_t most = 0;
  size_t total = 0;
  for (const auto& [id, held] : bytes) {
    total += held;
    if (held <= most) continue;
    most = held;
    for (size_t device = 0; device < devices_.size(); ++device) {
      if (devices_.device(device).id() == id) spec.device = static_cast<int>(device);
    }
  }
  spec.move_cost = mover_.CostOf(total);
  return absl::OkStatus();
}

}  // namespace omserve

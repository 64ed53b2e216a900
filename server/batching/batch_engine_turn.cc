// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// One turn of the engine: what the scheduler decides is done, under the lock and after it.
#include <algorithm>
#include <utility>

#include "server/batching/batch_engine.h"
#include "spdlog/spdlog.h"

namespace omserve {
namespace {

constexpr absl::Duration kIdleTimer = absl::Seconds(3600);

absl::Status StatusOf(const scheduling::JobEnd& end) {
  return end.reason == scheduling::EndReason::kDone ? absl::OkStatus() : end.status;
}

}  // namespace

absl::Time BatchEngine::Now() { return last_now_ = std::max(last_now_, clock_.Now()); }

void BatchEngine::Turn(Aftermath& after) {
  scheduler_.Advance(Now(), effects_);
  after.ended.reserve(effects_.ended.size());
  // Those that ended well have all their rows, whatever becomes of their device now.
  for (scheduling::JobEnd& end : effects_.ended) {
    if (end.reason == scheduling::EndReason::kDone) TakeOut(end, after);
  }
  // Before anything else: what goes on elsewhere must not be where the device may still write.
  for (const scheduling::FencedDevice& fenced : effects_.fenced) Abandon(fenced);
  for (scheduling::ScheduledBatch& batch : effects_.batches) {
    after.lanes.push_back(HandOut(std::move(batch)));
  }
  for (scheduling::JobEnd& end : effects_.ended) TakeOut(end, after);
  after.fenced = std::move(effects_.fenced);
  wake_ = effects_.wake;
  if (wake_ < armed_) timer_.NotifyOne();
}

DeviceLane* BatchEngine::HandOut(scheduling::ScheduledBatch scheduled) {
  scheduling::ScheduledBatch& order = spare_batches_.Add(batches_, scheduled.id);
  order = std::move(scheduled);
  FormedBatch batch;
  batch.id = order.id;
  batch.stage = stages_[static_cast<size_t>(order.stage)];
  batch.gear = order.gear;
  batch.items = order.items;
  batch.formed = last_now_;
  const int device = devices_.device(static_cast<size_t>(order.device)).id();
  batch.segments.reserve(order.segments.size());
  for (const scheduling::Segment& segment : order.segments) {
    // Found: a job lives while it has items in a batch, and Advance hands out what it formed.
    std::shared_ptr<PendingCall> call = calls_.at(segment.job);
    CallOutputs& outputs = call->OutputsOn(device);
    batch.segments.push_back(
        {std::move(call), &outputs, segment.first, segment.items, segment.row});
  }
  DeviceLane* const lane =
      lanes_[static_cast<size_t>(order.device)][static_cast<size_t>(order.lane)].get();
  if (!lane->Queue(std::move(batch))) batches_.erase(order.id);
  return lane;
}

void BatchEngine::TakeOut(scheduling::JobEnd& end, Aftermath& after) {
  const auto call = calls_.find(end.job);
  if (call == calls_.end()) return;
  after.ended.push_back({std::move(call->second), std::move(end)});
  spare_calls_.Keep(calls_.extract(call));
}

void BatchEngine::Conclude(Aftermath& aftermath) {
  for (DeviceLane* const lane : aftermath.lanes) lane->SubmitSoon();
  for (const scheduling::FencedDevice& fenced : aftermath.fenced) {
    spdlog::error("device {} takes no work any more: {}",
                  devices_.device(static_cast<size_t>(fenced.device)).id(), fenced.why.ToString());
  }
  for (Aftermath::Ended& ended : aftermath.ended) {
    if (ended.end.reason == scheduling::EndReason::kRestart) {
      ended.call->AskRestart(ended.end.suspect);
    }
    const EngineStage& stage = ended.call->stage();
    observer_.OnCallEnded(stage.pipeline(), stage.spec().name,
                          scheduling::EndReasonName(ended.end.reason));
    const absl::Status status = StatusOf(ended.end);
    // One is quickly answered; more, only where no device waits for the thread meanwhile.
    const bool here = status.ok() && ended.call->call().light && aftermath.one_batch &&
                      (aftermath.at_once || aftermath.ended.size() == 1);
    ended.call->Finish(status, executor_, here);
  }
  for (const auto& [stage, items] : aftermath.depths) {
    observer_.OnQueueDepth(stage->pipeline(), stage->spec().name, static_cast<int>(items));
  }
  aftermath.ended.clear();
}

void BatchEngine::TimerLoop() {
  while (true) {
    Aftermath after;
    {
      MutexLock lock(mutex_);
      if (stopping_) return;
      const absl::Time now = Now();
      if (wake_ > now) {
        armed_ = wake_;
        timer_.WaitFor(mutex_, std::min(wake_ - now, kIdleTimer));
        armed_ = absl::InfinitePast();  // it looks anyway
      }
      if (stopping_) return;
      if (wake_ > Now()) continue;
      Turn(after);
    }
    Conclude(after);
  }
}

}  // namespace omserve

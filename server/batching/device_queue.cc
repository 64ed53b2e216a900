// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/batching/device_queue.h"

#include <algorithm>
#include <utility>

namespace omserve {
namespace {

// How often a lane looks for calls that were cancelled, which nobody announces.
constexpr absl::Duration kLook = absl::Milliseconds(20);
constexpr absl::Duration kIdleWait = absl::Seconds(1);
constexpr absl::Duration kShortestWait = absl::Microseconds(50);
// A stage whose first item has waited this long goes before later stages.
constexpr absl::Duration kStarving = absl::Milliseconds(250);
// A held batch goes this much, and this part of the running batch, before the device is free.
constexpr absl::Duration kLead = absl::Milliseconds(2);
constexpr double kLeadPart = 0.1;

}  // namespace

DeviceQueue::DeviceQueue(std::vector<Stage> stages, int lanes, int device, Shared shared)
    : stages_(std::move(stages)), device_(device), shared_(shared) {
  MutexLock lock(mutex_);
  for (const Stage& stage : stages_) queues_.emplace_back(stage.max_items);
  lanes_.resize(static_cast<size_t>(lanes));
}

absl::Status DeviceQueue::Push(const std::shared_ptr<PendingCall>& call) {
  const int stage = call->stage();
  {
    MutexLock lock(mutex_);
    if (!closed_.ok()) return closed_;
    const absl::Status pushed = queues_[static_cast<size_t>(stage)].Push(call);
    if (!pushed.ok()) return pushed;
  }
  wake_.NotifyAll();
  ReportDepth(stage);
  return absl::OkStatus();
}

std::optional<FormedBatch> DeviceQueue::Next(int lane) {
  while (true) {
    std::optional<FormedBatch> batch;
    std::vector<StageQueue::Dropped> dropped;
    {
      MutexLock lock(mutex_);
      if (!closed_.ok()) return std::nullopt;
      for (StageQueue& queue : queues_) queue.Drop(absl::OkStatus(), dropped);
      absl::Duration wait = kIdleWait;
      batch = TryForm(lane, wait);
      if (!batch.has_value() && dropped.empty()) wake_.WaitFor(mutex_, wait);
    }
    End(std::move(dropped));
    if (batch.has_value()) {
      ReportDepth(batch->stage);
      return batch;
    }
  }
}

std::optional<FormedBatch> DeviceQueue::TryForm(int lane, absl::Duration& wait) {
  Lane& state = lanes_[static_cast<size_t>(lane)];
  const absl::Time now = shared_.clock.Now();
  absl::Time until = now + kIdleWait;
  for (const StageQueue& queue : queues_) {
    if (queue.items() > 0) until = std::min({until, now + kLook, queue.next_deadline()});
  }
  int stage = -1;
  if (state.slots < kSlots && state.ahead.size() < kAhead) stage = Choose(lane, now, until);
  wait = std::max(until - now, kShortestWait);
  if (stage < 0) return std::nullopt;

  StageQueue& queue = queues_[static_cast<size_t>(stage)];
  const ModelInfo& info = *stages_[static_cast<size_t>(stage)].info;
  FormedBatch batch;
  batch.stage = stage;
  batch.formed = now;
  batch.gear = info.GearFor(queue.items());
  batch.items = std::min<int64_t>(batch.gear, queue.items());
  batch.segments = queue.Take(batch.gear);
  const absl::Duration cost = shared_.costs.Execute(stage, batch.gear);
  state.free = (state.ahead.empty() ? now : std::max(state.free, now)) + cost;
  state.ahead.push_back(cost);
  ++state.slots;
  return batch;
}

int DeviceQueue::Choose(int lane, absl::Time now, absl::Time& hold) const {
  const Lane& state = lanes_[static_cast<size_t>(lane)];
  int best = -1;
  int full = -1;
  for (int i = static_cast<int>(stages_.size()) - 1; i >= 0; --i) {
    const size_t index = static_cast<size_t>(i);
    const StageQueue& queue = queues_[index];
    if (queue.items() == 0 || lane >= stages_[index].instances) continue;
    const bool starving = now - queue.oldest() > kStarving && best >= 0 &&
                          queue.oldest() < queues_[static_cast<size_t>(best)].oldest();
    if (best < 0 || starving) best = i;
    if (full < 0 && queue.items() >= stages_[index].info->max_gear()) full = i;
  }
  if (best < 0 || state.ahead.empty()) return best;
  const size_t index = static_cast<size_t>(best);
  if (queues_[index].items() >= stages_[index].info->max_gear()) return best;
  if (full >= 0) return full;
  const absl::Time until = HoldUntil(state, index, now);
  if (now >= until) return best;
  hold = std::min(hold, until);
  return -1;
}

absl::Time DeviceQueue::HoldUntil(const Lane& lane, size_t stage, absl::Time now) const {
  const absl::Duration running = lane.ahead.front();
  if (running == absl::ZeroDuration()) return now;  // never measured: no guess
  const int index = static_cast<int>(stage);
  const int gear = stages_[stage].info->GearFor(queues_[stage].items());
  absl::Time until =
      lane.free - kLead - kLeadPart * running - 2 * shared_.costs.CopyIn(index, gear);
  if (stages_[stage].max_delay > absl::ZeroDuration()) {
    until = std::min(until, queues_[stage].oldest() + stages_[stage].max_delay);
  }
  return until;
}

void DeviceQueue::OnExecuted(int lane) {
  {
    MutexLock lock(mutex_);
    Lane& state = lanes_[static_cast<size_t>(lane)];
    state.ahead.pop_front();
    state.free = shared_.clock.Now();
    for (const absl::Duration cost : state.ahead) state.free += cost;
  }
  wake_.NotifyAll();
}

void DeviceQueue::OnEnded(int lane) {
  {
    MutexLock lock(mutex_);
    --lanes_[static_cast<size_t>(lane)].slots;
  }
  wake_.NotifyAll();
}

absl::Duration DeviceQueue::load() const {
  absl::Duration total;
  MutexLock lock(mutex_);
  for (size_t i = 0; i < queues_.size(); ++i) {
    if (queues_[i].items() == 0) continue;
    total += static_cast<double>(queues_[i].items()) * shared_.costs.PerItem(static_cast<int>(i));
  }
  for (const Lane& lane : lanes_) {
    // A batch counts for something even when its stage was never measured.
    for (const absl::Duration cost : lane.ahead) total += std::max(cost, absl::Microseconds(1));
  }
  return total;
}

int64_t DeviceQueue::items() const {
  MutexLock lock(mutex_);
  int64_t total = 0;
  for (const StageQueue& queue : queues_) total += queue.items();
  return total;
}

void DeviceQueue::Close(const absl::Status& why) {
  std::vector<StageQueue::Dropped> dropped;
  {
    MutexLock lock(mutex_);
    if (!closed_.ok()) return;
    closed_ = why;
    for (StageQueue& queue : queues_) queue.Drop(why, dropped);
  }
  wake_.NotifyAll();
  End(std::move(dropped));
}

void DeviceQueue::End(std::vector<StageQueue::Dropped> dropped) {
  for (const StageQueue::Dropped& drop : dropped) {
    const int stage = drop.call->stage();
    drop.call->Finish(drop.items, drop.why, nullptr, shared_.executor);
    ReportDepth(stage);
  }
}

void DeviceQueue::ReportDepth(int stage) {
  int64_t items = 0;
  {
    MutexLock lock(mutex_);
    items = queues_[static_cast<size_t>(stage)].items();
  }
  shared_.observer.OnQueueDepth(shared_.model, stages_[static_cast<size_t>(stage)].name, device_,
                                static_cast<int>(items));
}

}  // namespace omserve

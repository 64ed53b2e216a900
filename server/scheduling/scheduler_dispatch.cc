// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// What runs next, and where.
#include <algorithm>
#include <functional>
#include <utility>

#include "server/scheduling/scheduler.h"

namespace omserve::scheduling {
void Scheduler::Dispatch(absl::Time now) {
  const int count = static_cast<int>(devices_.size());
  const DeviceId start = next_device_;
  // Those that have nothing to run first: what they take is done before what waits elsewhere.
  for (const bool idle : {true, false}) {
    for (int i = 0; i < count && queued_items_ > 0; ++i) {
      const DeviceId id = (start + i) % count;
      DeviceState& device = device_of(id);
      for (size_t lane = 0; !device.fenced && lane < device.lanes.size(); ++lane) {
        if (idle && device.lanes[lane].ahead > 0) continue;
        while (queued_items_ > 0 && Form(id, static_cast<int>(lane), now) && !idle) {
        }
      }
    }
  }
  for (const DeviceState& device : devices_) {
    for (const Lane& lane : device.lanes) effects_.wake = std::min(effects_.wake, lane.hangs);
  }
}

bool Scheduler::Form(DeviceId id, int lane_index, absl::Time now) {
  DeviceState& device = device_of(id);
  Lane& lane = device.lanes[static_cast<size_t>(lane_index)];
  if (lane.ahead >= options_.ahead || static_cast<int>(lane.batches.size()) >= options_.slots) {
    return false;
  }
  if (device.alone != 0 || device.held) return false;
  ReleaseGuard(id);
  FindCandidates(id, lane_index, now);
  if (candidates_.empty()) return false;
  ShareOut(device);
  const absl::Time start = lane.ahead == 0 ? now : std::max(now, lane.free);
  const Candidate& next = Choose(start);

  if (next.head->isolation == Isolation::kOwnDevice) {
    if (next.head->bound < 0) {  // or other devices would make room for it too
      Dequeue(*next.head);
      next.head->bound = id;
      Enqueue(*next.head);
    }
    if (!Empty(device)) {
      device.guard = next.head->id;
      return false;
    }
  }
  if (lane.ahead > 0) {
    const absl::Time hold = HoldUntil(id, lane, next);
    if (now < hold) {
      effects_.wake = std::min(effects_.wake, hold);
      return false;
    }
  }
  CountPassed(id, next.view.stage);
  const absl::Duration spare = SpareTime(lane, now);
  Put(Gather(next, id, lane_index, start, spare, now), next, id, lane_index, spare, now);
  return true;
}

// Lets others on the device again: the job that it was emptied for can go now, or does not want to
// any more.
void Scheduler::ReleaseGuard(DeviceId id) {
  DeviceState& device = device_of(id);
  if (device.guard == 0) return;
  const Job* const job = Find(device.guard);
  if (Empty(device) || job == nullptr || !job->queued || job->bound != id) device.guard = 0;
}

bool Scheduler::Empty(const DeviceState& device) {
  return std::all_of(device.lanes.begin(), device.lanes.end(),
                     [](const Lane& lane) { return lane.batches.empty(); });
}

bool Scheduler::Idle(DeviceId id) const {
  if (!Empty(id)) return false;
  for (StageId stage = 0; stage < table_.stages(); ++stage) {
    const bool allowed = table_.stage(stage).allowed[static_cast<size_t>(id)];
    if (allowed && state_of(stage).queue.Items(id) > 0) return false;
  }
  return true;
}

// The mean key of the items of the next batch: by the first one alone, items that are in no hurry
// would ride on one that is, and take the device from other stages.
absl::Time Scheduler::HoldUntil(DeviceId id, const Lane& lane, const Candidate& next) const {
  const size_t head = lane.batches.size() - static_cast<size_t>(lane.ahead);
  const ScheduledBatch& running = batches_.at(lane.batches[head]).order;
  if (!costs_.measured(id, running.stage, running.gear)) return absl::InfinitePast();  // no guess
  const StageId stage = next.view.stage;
  const GearPlan& plan = costs_.Plan(id, stage);
  const int gear = plan.gears()[plan.First(next.items)].rows;
  absl::Time until = lane.free - options_.lead - options_.lead_part * running.expected -
                     2 * costs_.CopyIn(id, stage, gear);
  const absl::Duration max_delay = table_.stage(stage).spec.max_delay;
  if (max_delay > absl::ZeroDuration()) until = std::min(until, next.head->enqueued + max_delay);
  return until;
}

BatchChoice Scheduler::Gather(const Candidate& next, DeviceId device, int lane, absl::Time start,
                              absl::Duration spare, absl::Time now) {
  const StageId stage = next.view.stage;
  const GearPlan& plan = costs_.Plan(device, stage);
  front_.clear();
  if (next.head->isolation != Isolation::kNone) {
    front_.push_back({next.head, next.items, next.head->due});
    return ChooseBatch(plan, front_, next.items, start, {});
  }
  // The front of the queue, item by item: a job's key grows with every item that is taken.
  int64_t room = 2 * table_.stage(stage).max_gear();
  open_.clear();
  const bool leave_free = !one_type_ && FasterElsewhere(stage, device, now);
  state_of(stage).queue.Walk(device, [&](Job& job) {
    const bool free = job.bound < 0 && job.spec.affinity == Affinity::kFree;
    if (job.isolation != Isolation::kNone || (free && leave_free) ||
        !Eligible(job, device, lane, now)) {
      return true;
    }
    const int64_t items = job.waiting_items();
    const absl::Time key = job.key(items);
    TakeUntil(key, room);
    open_.push_back({key, &job, items, 0});
    std::push_heap(open_.begin(), open_.end(), std::greater<>());
    return room > 0;
  });
  TakeUntil(absl::InfiniteFuture(), room);
  int64_t total = 0;
  for (const WaitingItems& group : front_) total += group.items;
  if (room == 0) total = std::max(total, next.items);
  return ChooseBatch(plan, front_, total, start, spare);
}

void Scheduler::TakeUntil(absl::Time limit, int64_t& room) {
  while (room > 0 && !open_.empty() && open_.front().key <= limit) {
    std::pop_heap(open_.begin(), open_.end(), std::greater<>());
    Open top = open_.back();
    open_.pop_back();
    const absl::Time stop = open_.empty() ? limit : std::min(limit, open_.front().key);
    int64_t items = top.waiting - top.taken;
    if (items > 1 && stop < absl::InfiniteFuture() && top.job->step > absl::ZeroDuration()) {
      absl::Duration rest;
      items = std::min(items, absl::IDivDuration(stop - top.key, top.job->step, &rest) + 1);
    }
    items = std::min(items, room);
    front_.push_back({top.job, items, top.job->due});
    room -= items;
    top.taken += items;
    if (top.taken == top.waiting) continue;
    top.key = top.job->key(top.waiting, top.taken);
    open_.push_back(top);
    std::push_heap(open_.begin(), open_.end(), std::greater<>());
  }
}

absl::Duration Scheduler::SpareTime(const Lane& lane, absl::Time now) const {
  const absl::Duration idle =
      lane.ahead == 0 ? std::max(now - lane.free, absl::ZeroDuration()) : absl::ZeroDuration();
  return std::min(lane.spare + options_.spare_part * idle, options_.spare_most);
}

void Scheduler::Put(const BatchChoice& choice, const Candidate& next, DeviceId id, int lane_index,
                    absl::Duration spare, absl::Time now) {
  DeviceState& device = device_of(id);
  Lane& lane = device.lanes[static_cast<size_t>(lane_index)];
  const GearPlan::Gear& gear = costs_.Plan(id, next.view.stage).gears()[choice.gear];
  Batch& batch = spare_batches_.Add(batches_, ++last_batch_);
  batch.run = false;
  batch.run_at = now;
  ScheduledBatch& order = batch.order;
  order.id = last_batch_;
  order.device = id;
  order.lane = lane_index;
  order.stage = next.view.stage;
  order.gear = gear.rows;
  order.items = 0;
  order.segments.clear();
  order.segments.reserve(choice.take.size());
  order.expected = gear.cost;
  if (next.head->isolation == Isolation::kOwnDevice) device.alone = order.id;
  lane.spare = spare - choice.price;
  lane.free = (lane.ahead == 0 ? now : std::max(lane.free, now)) + order.expected;
  lane.batches.push_back(order.id);
  ++lane.ahead;
  // A job at a time: the fewer segments a batch has, the fewer copies it needs.
  for (const WaitingItems& group : choice.take) group.job->chosen += group.items;
  for (const WaitingItems& group : choice.take) {
    const int64_t items = std::exchange(group.job->chosen, 0);
    if (items > 0) Take(*group.job, items, id, lane_index, order);
  }

  ++device.formations;
  const PipelineId pipeline = next.view.pipeline;
  device.shares[static_cast<size_t>(pipeline)].used +=
      absl::ToDoubleSeconds(order.expected) / table_.pipeline(pipeline).weight;
  StageCounters& counters = state_of(order.stage).counters;
  ++counters.batches;
  counters.items += order.items;
  counters.padding += order.gear - order.items;
  next_device_ = (id + 1) % static_cast<DeviceId>(devices_.size());
  if (lane.batches.size() == 1) Retime(lane, now);
  effects_.batches.push_back(order);
}

void Scheduler::Take(Job& job, int64_t items, DeviceId device, int lane, ScheduledBatch& batch) {
  Dequeue(job);
  // The next items come as much later as they cost by what is known now.
  const absl::Time key = job.key(job.waiting_items());
  job.step = StepOf(job.spec.stage, costs_.Plan(device, job.spec.stage));
  const int64_t gone = job.spec.items - job.waiting_items();
  job.base = gone == 0 ? key : key - gone * job.step;
  CountWaiting(job, -items);
  job.in_flight += items;
  if (!job.spec.spread) job.bound = device;
  job.lane = job.lane == Job::kNoLane || job.lane == lane ? lane : Job::kManyLanes;
  if (!job.consumers.empty()) job.only_lane = lane;
  if (!job.taken) {
    job.taken = true;
    LeaveStream(job);
  }
  while (items > 0) {
    Job::Range& range = job.waiting.front();
    const int64_t part = std::min(items, range.end - range.first);
    const bool follows = !batch.segments.empty() && batch.segments.back().job == job.id &&
                         batch.segments.back().first + batch.segments.back().items == range.first;
    if (follows) {
      batch.segments.back().items += part;
    } else {
      batch.segments.push_back({job.id, range.first, part, batch.items});
    }
    batch.items += part;
    items -= part;
    range.first += part;
    if (range.first == range.end) job.waiting.erase(job.waiting.begin());
  }
  SetExpiry(job, true);
  Enqueue(job);
  if (!job.waiting.empty()) return;
  for (const JobId consumer : job.consumers) {
    if (Job* const found = Find(consumer)) Enqueue(*found);
  }
}

}  // namespace omserve::scheduling

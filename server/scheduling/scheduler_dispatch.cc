// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// What runs next, and where.
#include <algorithm>
#include <queue>

#include "server/scheduling/scheduler.h"

namespace omserve::scheduling {
namespace {

// A job whose next items are to be placed among those of others.
struct Open {
  absl::Time key;
  Job* job = nullptr;
  int64_t waiting = 0;  // when the walk began
  int64_t taken = 0;
  bool operator>(const Open& other) const {
    return key != other.key ? key > other.key : job->id > other.job->id;
  }
};

// One entry a job: the fewer segments a batch has, the fewer copies it needs.
std::vector<WaitingItems> ByJob(const std::vector<WaitingItems>& take) {
  std::vector<WaitingItems> jobs;
  for (const WaitingItems& group : take) {
    const auto same = std::find_if(jobs.begin(), jobs.end(),
                                   [&group](const auto& other) { return other.job == group.job; });
    if (same == jobs.end()) {
      jobs.push_back(group);
    } else {
      same->items += group.items;
    }
  }
  return jobs;
}

}  // namespace

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
  if (device.alone != 0) return false;
  ReleaseGuard(id);
  std::vector<Candidate> candidates = Candidates(id, lane_index, now);
  if (candidates.empty()) return false;
  ShareOut(device, candidates);
  std::vector<StageCandidate> views;
  for (const Candidate& candidate : candidates) views.push_back(candidate.view);
  const absl::Time start = lane.ahead == 0 ? now : std::max(now, lane.free);
  const Candidate& next = candidates[ChooseStage(views, start, options_.patience)];

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
  CountPassed(id, candidates, next.view.stage);
  Put(Gather(next, id, lane_index, start, now), next, id, lane_index, now);
  return true;
}

void Scheduler::CountPassed(DeviceId id, const std::vector<Candidate>& candidates, StageId taken) {
  std::vector<absl::Duration>& passed = device_of(id).passed;
  absl::Duration cost;
  for (const Candidate& candidate : candidates) {
    if (candidate.view.stage == taken) cost = candidate.view.cost;
  }
  for (StageId stage = 0; stage < table_.stages(); ++stage) {
    // What waits for another lane is not forgotten.
    if (state_of(stage).queue.Items(id) == 0) passed[static_cast<size_t>(stage)] = {};
  }
  for (const Candidate& candidate : candidates) {
    absl::Duration& others = passed[static_cast<size_t>(candidate.view.stage)];
    others = candidate.view.stage == taken ? absl::ZeroDuration() : others + cost;
  }
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

std::vector<Scheduler::Candidate> Scheduler::Candidates(DeviceId device, int lane, absl::Time now) {
  std::vector<Candidate> candidates;
  for (StageId id = 0; id < table_.stages(); ++id) {
    const StageTable::Stage& stage = table_.stage(id);
    const JobQueue& queue = state_of(id).queue;
    if (queue.Items(device) == 0 || lane >= stage.spec.instances ||
        !stage.allowed[static_cast<size_t>(device)]) {
      continue;
    }
    Candidate candidate;
    const bool leave_free = !one_type_ && FasterElsewhere(id, device, now);
    queue.Walk(device, [&](Job& job) {
      const bool free = job.bound < 0 && job.spec.affinity == Affinity::kFree;
      if (!(free && leave_free) && Eligible(job, device, lane, now)) candidate.head = &job;
      return candidate.head == nullptr;
    });
    if (candidate.head == nullptr) continue;
    const Job& head = *candidate.head;
    const bool alone = head.isolation != Isolation::kNone;
    candidate.items = alone ? head.waiting_items() : queue.Items(device);
    const GearPlan& plan = costs_.Plan(device, id);
    const GearPlan::Gear& gear = plan.gears()[plan.First(candidate.items)];
    const int64_t carried = std::min<int64_t>(candidate.items, gear.rows);
    StageCandidate& view = candidate.view;
    view.stage = id;
    view.pipeline = stage.pipeline;
    view.left = stage.left;
    view.key = Urgency(head, gear.rows, device);
    view.due = head.due;
    view.passed = device_of(device).passed[static_cast<size_t>(id)];
    view.relegated = head.spec.priority == Priority::kBatch && head.key(head.waiting_items()) > now;
    view.cost = gear.cost;
    view.efficiency = absl::FDivDuration(carried * plan.per_item(), gear.cost);
    candidates.push_back(candidate);
  }
  return candidates;
}

// The mean key of the items of the next batch: by the first one alone, items that are in no hurry
// would ride on one that is, and take the device from other stages.
absl::Time Scheduler::Urgency(const Job& head, int64_t rows, DeviceId device) const {
  const absl::Time first = head.key(head.waiting_items());
  if (head.isolation != Isolation::kNone) return first;
  absl::Duration sum;
  int64_t items = 0;
  state_of(head.spec.stage).queue.Walk(device, [&](const Job& job) {
    const int64_t waiting = job.waiting_items();
    const int64_t part = std::min(waiting, rows - items);
    sum += part * (job.key(waiting) - first) + part * (part - 1) / 2 * job.step;
    items += part;
    return items < rows;
  });
  return first + sum / items;
}

bool Scheduler::Eligible(const Job& job, DeviceId device, int lane, absl::Time now) const {
  if (job.only_lane >= 0 && job.only_lane != lane) return false;
  const JobId guard = device_of(device).guard;
  if (guard != 0 && job.id != guard) return false;
  return job.bound >= 0 || job.spec.affinity != Affinity::kPreferred || job.spec.device == device ||
         MovingPays(job, device, now);
}

absl::Duration Scheduler::Backlog(DeviceId id, absl::Time now) const {
  absl::Duration total;
  for (const Lane& lane : device_of(id).lanes) {
    if (lane.ahead > 0 && lane.free > now) total += lane.free - now;
  }
  for (StageId stage = 0; stage < table_.stages(); ++stage) {
    const int64_t items = state_of(stage).queue.BoundItems(id);
    if (items > 0) total += items * costs_.Plan(id, stage).per_item();
  }
  return total;
}

bool Scheduler::MovingPays(const Job& job, DeviceId device, absl::Time now) const {
  const DeviceId home = job.spec.device;
  const StageId stage = job.spec.stage;
  if (!table_.stage(stage).allowed[static_cast<size_t>(home)]) return true;
  const int64_t items = job.waiting_items();
  absl::Duration there = Backlog(home, now);
  for (StageId other = 0; other < table_.stages(); ++other) {
    const int64_t preferred = state_of(other).queue.PreferredItems(home);
    if (preferred > 0) there += preferred * costs_.Plan(home, other).per_item();
  }
  const absl::Duration here =
      Backlog(device, now) + items * job.spec.move_cost + costs_.Plan(device, stage).Time(items);
  return here < there;
}

bool Scheduler::FasterElsewhere(StageId stage, DeviceId device, absl::Time now) const {
  const std::vector<DeviceSpec>& specs = table_.devices();
  const auto& type = specs[static_cast<size_t>(device)].type;
  const int64_t items = state_of(stage).queue.free_items();
  const GearPlan& own = costs_.Plan(device, stage);
  const absl::Duration here = Backlog(device, now) + own.gears()[own.First(items)].cost;
  for (DeviceId other = 0; other < static_cast<DeviceId>(specs.size()); ++other) {
    const size_t index = static_cast<size_t>(other);
    if (specs[index].type == type || devices_[index].fenced ||
        !table_.stage(stage).allowed[index]) {
      continue;
    }
    // Even after all that waits, so the slower one helps as soon as there is enough for it.
    if (Backlog(other, now) + costs_.Plan(other, stage).Time(items) < here) return true;
  }
  return false;
}

void Scheduler::ShareOut(DeviceState& device, std::vector<Candidate>& candidates) {
  double least = 0;
  bool first = true;
  for (const Candidate& candidate : candidates) {
    Share& share = device.shares[static_cast<size_t>(candidate.view.pipeline)];
    // Who had nothing to run cannot save his share up.
    if (share.seen < device.formations - 1) {
      share.used = std::max(share.used, device.least_share);
    }
    share.seen = device.formations;
    if (first || share.used < least) least = share.used;
    first = false;
  }
  device.least_share = std::max(device.least_share, least);
  for (Candidate& candidate : candidates) {
    const PipelineId pipeline = candidate.view.pipeline;
    candidate.view.ahead = (device.shares[static_cast<size_t>(pipeline)].used - least) *
                           table_.pipeline(pipeline).weight;
  }
}

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
                              absl::Time now) {
  const StageId stage = next.view.stage;
  const GearPlan& plan = costs_.Plan(device, stage);
  std::vector<WaitingItems> waiting;
  if (next.head->isolation != Isolation::kNone) {
    waiting.push_back({next.head, next.items, next.head->due});
    return ChooseBatch(plan, waiting, next.items, start, {});
  }
  // The front of the queue, item by item: a job's key grows with every item that is taken.
  int64_t room = 2 * table_.stage(stage).max_gear();
  std::priority_queue<Open, std::vector<Open>, std::greater<>> open;
  const auto take_until = [&](absl::Time limit) {
    while (room > 0 && !open.empty() && open.top().key <= limit) {
      Open top = open.top();
      open.pop();
      const absl::Time stop = open.empty() ? limit : std::min(limit, open.top().key);
      int64_t items = top.waiting - top.taken;
      if (stop < absl::InfiniteFuture() && top.job->step > absl::ZeroDuration()) {
        absl::Duration rest;
        items = std::min(items, absl::IDivDuration(stop - top.key, top.job->step, &rest) + 1);
      }
      items = std::min(items, room);
      waiting.push_back({top.job, items, top.job->due});
      room -= items;
      top.taken += items;
      top.key = top.job->key(top.waiting, top.taken);
      if (top.taken < top.waiting) open.push(top);
    }
  };
  const bool leave_free = !one_type_ && FasterElsewhere(stage, device, now);
  state_of(stage).queue.Walk(device, [&](Job& job) {
    const bool free = job.bound < 0 && job.spec.affinity == Affinity::kFree;
    if (job.isolation != Isolation::kNone || (free && leave_free) ||
        !Eligible(job, device, lane, now)) {
      return true;
    }
    const int64_t items = job.waiting_items();
    take_until(job.key(items));
    open.push({job.key(items), &job, items, 0});
    return room > 0;
  });
  take_until(absl::InfiniteFuture());
  int64_t total = 0;
  for (const WaitingItems& group : waiting) total += group.items;
  if (room == 0) total = std::max(total, next.items);
  return ChooseBatch(plan, waiting, total, start,
                     SpareTime(device_of(device).lanes[static_cast<size_t>(lane)], now));
}

absl::Duration Scheduler::SpareTime(const Lane& lane, absl::Time now) const {
  const absl::Duration idle =
      lane.ahead == 0 ? std::max(now - lane.free, absl::ZeroDuration()) : absl::ZeroDuration();
  return std::min(lane.spare + options_.spare_part * idle, options_.spare_most);
}

void Scheduler::Put(BatchChoice choice, const Candidate& next, DeviceId id, int lane_index,
                    absl::Time now) {
  DeviceState& device = device_of(id);
  Lane& lane = device.lanes[static_cast<size_t>(lane_index)];
  const GearPlan::Gear& gear = costs_.Plan(id, next.view.stage).gears()[choice.gear];
  ScheduledBatch batch;
  batch.id = ++last_batch_;
  batch.device = id;
  batch.lane = lane_index;
  batch.stage = next.view.stage;
  batch.gear = gear.rows;
  batch.expected = gear.cost;
  if (next.head->isolation == Isolation::kOwnDevice) device.alone = batch.id;
  lane.spare = SpareTime(lane, now) - choice.price;
  lane.free = (lane.ahead == 0 ? now : std::max(lane.free, now)) + batch.expected;
  lane.batches.push_back(batch.id);
  ++lane.ahead;
  const auto placed = batches_.emplace(batch.id, Batch{std::move(batch), false, now}).first;
  ScheduledBatch& order = placed->second.order;
  for (const WaitingItems& group : ByJob(choice.take)) {
    Take(*group.job, group.items, id, lane_index, order);
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
  job.step = options_.share * costs_.Plan(device, job.spec.stage).per_item();
  job.base = key - (job.spec.items - job.waiting_items()) * job.step;
  CountWaiting(job, -items);
  job.in_flight += items;
  if (!job.spec.spread) job.bound = device;
  job.lane = job.lane == Job::kNoLane || job.lane == lane ? lane : Job::kManyLanes;
  if (!job.consumers.empty()) job.only_lane = lane;
  if (!job.taken) {
    job.taken = true;
    if (const auto stream = streams_.find({job.spec.stream, job.spec.stage});
        stream != streams_.end() && stream->second == job.id) {
      streams_.erase(stream);
    }
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

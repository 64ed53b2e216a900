// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// Which stages a lane might run next, and which of them it does.
#include <algorithm>

#include "server/scheduling/scheduler.h"

namespace omserve::scheduling {

void Scheduler::FindCandidates(DeviceId device, int lane, absl::Time now) {
  candidates_.clear();
  for (StageId id = 0; id < table_.stages(); ++id) {
    const StageTable::Stage& stage = table_.stage(id);
    const JobQueue& queue = state_of(id).queue;
    const int64_t items = queue.Items(device);
    if (items == 0 || lane >= stage.spec.instances || !stage.allowed[static_cast<size_t>(device)]) {
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
    const bool alone = candidate.head->isolation != Isolation::kNone;
    candidate.items = alone ? candidate.head->waiting_items() : items;
    const GearPlan& plan = costs_.Plan(device, id);
    const GearPlan::Gear& gear = plan.gears()[plan.First(candidate.items)];
    candidate.rows = gear.rows;
    candidate.view.stage = id;
    candidate.view.pipeline = stage.pipeline;
    candidate.view.cost = gear.cost;
    candidates_.push_back(candidate);
  }
  if (candidates_.size() < 2) return;
  for (Candidate& candidate : candidates_) Describe(candidate, device, now);
}

void Scheduler::Describe(Candidate& candidate, DeviceId device, absl::Time now) const {
  StageCandidate& view = candidate.view;
  const Job& head = *candidate.head;
  const int64_t carried = std::min<int64_t>(candidate.items, candidate.rows);
  view.left = table_.stage(view.stage).left;
  view.key = Urgency(head, candidate.rows, device);
  view.due = head.due;
  view.passed = device_of(device).passed[static_cast<size_t>(view.stage)];
  view.relegated = head.spec.priority == Priority::kBatch && head.key(head.waiting_items()) > now;
  view.efficiency =
      absl::FDivDuration(carried * costs_.Plan(device, view.stage).per_item(), view.cost);
}

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

void Scheduler::ShareOut(DeviceState& device) {
  double least = 0;
  bool first = true;
  for (const Candidate& candidate : candidates_) {
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
  for (Candidate& candidate : candidates_) {
    const PipelineId pipeline = candidate.view.pipeline;
    candidate.view.ahead = (device.shares[static_cast<size_t>(pipeline)].used - least) *
                           table_.pipeline(pipeline).weight;
  }
}

const Scheduler::Candidate& Scheduler::Choose(absl::Time start) {
  if (candidates_.size() == 1) return candidates_.front();
  views_.clear();
  for (const Candidate& candidate : candidates_) views_.push_back(candidate.view);
  return candidates_[ChooseStage(views_, start, options_.patience)];
}

void Scheduler::CountPassed(DeviceId id, StageId taken) {
  std::vector<absl::Duration>& passed = device_of(id).passed;
  absl::Duration cost;
  for (const Candidate& candidate : candidates_) {
    if (candidate.view.stage == taken) cost = candidate.view.cost;
  }
  for (StageId stage = 0; stage < table_.stages(); ++stage) {
    // What waits for another lane is not forgotten.
    if (state_of(stage).queue.Items(id) == 0) passed[static_cast<size_t>(stage)] = {};
  }
  for (const Candidate& candidate : candidates_) {
    absl::Duration& others = passed[static_cast<size_t>(candidate.view.stage)];
    others = candidate.view.stage == taken ? absl::ZeroDuration() : others + cost;
  }
}

}  // namespace omserve::scheduling

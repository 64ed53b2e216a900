// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// Who gets in, by predicted finish.
#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "server/scheduling/scheduler.h"

namespace omserve::scheduling {

Scheduler::Request& Scheduler::RequestOf(const JobSpec& spec, absl::Time now) {
  const auto found = requests_.find(spec.request);
  if (found != requests_.end()) return found->second;
  Request& request = spare_requests_.Add(requests_, spec.request);
  request = Request();
  request.pipeline = table_.stage(spec.stage).pipeline;
  request.visits.resize(static_cast<size_t>(table_.pipeline(request.pipeline).count));
  request.priority = spec.priority;
  request.since = now;
  return request;
}

void Scheduler::Reserve(Request& request, StageId stage, double items) {
  double& reserved = request.visits[static_cast<size_t>(table_.stage(stage).position)].reserved;
  state_of(stage).outstanding[static_cast<size_t>(request.priority)] += items - reserved;
  reserved = items;
}

absl::Duration Scheduler::WorkOf(const StageTable::Pipeline& pipeline, Priority priority) const {
  absl::Duration work;
  for (StageId stage = pipeline.first; stage < pipeline.first + pipeline.count; ++stage) {
    const StageState& state = state_of(stage);
    double waiting = state.outstanding[0];
    if (priority == Priority::kBatch) waiting += state.outstanding[1];
    if (state.any < 0 || waiting == 0) continue;
    const absl::Duration all = waiting * costs_.Plan(state.any, stage).per_item();
    work += state.alive == 1 ? all : all / state.alive;
  }
  return work;
}

absl::Duration Scheduler::RunningOf(const StageTable::Pipeline& pipeline, absl::Time now) const {
  absl::Duration running;
  int devices = 0;
  for (size_t i = 0; i < devices_.size(); ++i) {
    bool own = false;
    for (StageId stage = pipeline.first; stage < pipeline.first + pipeline.count; ++stage) {
      own = own || table_.stage(stage).allowed[i];
    }
    if (!own || devices_[i].fenced) continue;
    ++devices;
    for (const Lane& lane : devices_[i].lanes) {
      if (lane.ahead > 0 && lane.free > now) running += lane.free - now;
    }
  }
  return devices > 1 ? running / devices : running;
}

absl::Time Scheduler::PredictFinish(PipelineId id, const std::vector<double>& items,
                                    Priority priority, absl::Time now) const {
  const StageTable::Pipeline& own = table_.pipeline(id);
  absl::Duration longest;  // batch of anybody
  for (StageId stage = 0; stage < table_.stages(); ++stage) {
    const DeviceId any = AnyDevice(stage);
    if (any >= 0) longest = std::max(longest, costs_.Plan(any, stage).longest());
  }
  absl::Duration alone;
  absl::Duration in_company;
  for (StageId stage = own.first; stage < own.first + own.count; ++stage) {
    const DeviceId any = AnyDevice(stage);
    if (any < 0) continue;
    const size_t position = static_cast<size_t>(stage - own.first);
    const double expected =
        position < items.size() ? items[position] : state_of(stage).items_a_request;
    const int64_t rounded = std::llround(expected);
    if (rounded <= 0) continue;
    const GearPlan& plan = costs_.Plan(any, stage);
    const absl::Duration time = plan.Time(rounded);
    alone += time;
    // In full batches with others.
    in_company += std::max(time, plan.gears()[plan.best()].cost);
  }
  const absl::Duration ahead = WorkOf(own, priority) + RunningOf(own, now);
  const absl::Duration service = ahead > longest ? in_company : alone;
  absl::Duration others;
  for (PipelineId other = 0; other < table_.pipelines(); ++other) {
    if (other == id) continue;
    const absl::Duration work = WorkOf(table_.pipeline(other), priority);
    if (work == absl::ZeroDuration()) continue;
    // Others get no more than their share while this request waits.
    const double part = table_.pipeline(other).weight / own.weight;
    others += std::min(work, part * (ahead + service));
  }
  return now + (1 + options_.caution) * (ahead + others + service);
}

Admission Scheduler::Admit(const RequestSpec& spec, absl::Time now) {
  Admission answer{absl::OkStatus(), now, absl::ZeroDuration()};
  if (spec.pipeline < 0 || spec.pipeline >= table_.pipelines()) {
    answer.status = absl::NotFoundError("there is no such pipeline");
    return answer;
  }
  const StageTable::Pipeline& pipeline = table_.pipeline(spec.pipeline);
  if (!pipeline.open) {
    answer.status = absl::UnavailableError("the model is stopping; try again");
    return answer;
  }
  if (now >= spec.budget_end) {
    answer.status = absl::DeadlineExceededError("the deadline has passed");
    return answer;
  }
  const auto expected = [&](StageId stage) {
    const size_t position = static_cast<size_t>(table_.stage(stage).position);
    return position < spec.items.size() ? spec.items[position] : state_of(stage).items_a_request;
  };
  bool idle = true;
  StageId full = -1;
  for (StageId stage = pipeline.first; stage < pipeline.first + pipeline.count; ++stage) {
    if (AnyDevice(stage) < 0) {
      answer.status = absl::UnavailableError("no device is left that can run a stage of the model");
      return answer;
    }
    const StageState& state = state_of(stage);
    const double outstanding = state.outstanding[0] + state.outstanding[1];
    idle = idle && outstanding < 0.5;
    const double most = static_cast<double>(table_.stage(stage).spec.max_queue_items);
    if (outstanding >= 0.5 && outstanding + expected(stage) > most) full = stage;
  }
  idle = idle && batches_.empty();
  answer.finish = PredictFinish(spec.pipeline, spec.items, spec.priority, now);
  const bool room = bytes_ + spec.bytes <= options_.max_bytes &&
                    static_cast<int64_t>(requests_.size()) < options_.max_requests && full < 0;
  // On an idle device everybody is tried: predictions must not keep themselves alive.
  if (!room || (answer.finish > spec.budget_end && !idle)) {
    const absl::Duration least = absl::Milliseconds(1);
    answer.retry_after = room ? answer.finish - spec.budget_end
                              : (answer.finish - now) / 2;  // until a good part has gone
    answer.retry_after = std::max(answer.retry_after, least);
    answer.status = absl::ResourceExhaustedError(
        room ? "the request would end after its deadline; try again later"
             : "too many requests are in the server; try again later");
    return answer;
  }
  JobSpec first;
  first.request = spec.request;
  first.stage = pipeline.first;
  first.priority = spec.priority;
  Request& request = RequestOf(first, now);
  request.bytes = spec.bytes;
  bytes_ += spec.bytes;
  for (StageId stage = pipeline.first; stage < pipeline.first + pipeline.count; ++stage) {
    Reserve(request, stage, expected(stage));
  }
  return answer;
}

bool Scheduler::CancelJobs(RequestId id) {
  const auto found = requests_.find(id);
  if (found == requests_.end()) return false;
  const auto alive = found->second.jobs;
  for (const JobId job : alive) Cancel(job);
  return !alive.empty();
}

bool Scheduler::EndRequest(RequestId id, bool completed) {
  const bool cancelled = CancelJobs(id);
  const auto found = requests_.find(id);
  if (found == requests_.end()) return false;
  Request& request = found->second;
  const StageTable::Pipeline& pipeline = table_.pipeline(request.pipeline);
  for (int i = 0; i < pipeline.count; ++i) {
    const StageId stage = pipeline.first + i;
    Reserve(request, stage, 0);
    if (completed && !request.visits[static_cast<size_t>(i)].came) {
      state_of(stage).items_a_request *= 0.95;  // none there
    }
  }
  bytes_ -= request.bytes;
  spare_requests_.Keep(requests_.extract(found));
  return cancelled;
}

}  // namespace omserve::scheduling

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// Who gets in, by predicted finish.
#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "server/scheduling/scheduler.h"

namespace omserve::scheduling {

Scheduler::Request& Scheduler::RequestOf(const JobSpec& spec, absl::Time now) {
  Request& request = requests_[spec.request];
  if (request.pipeline >= 0) return request;
  request.pipeline = table_.stage(spec.stage).pipeline;
  const size_t stages = static_cast<size_t>(table_.pipeline(request.pipeline).count);
  request.priority = spec.priority;
  request.since = now;
  request.reserved.resize(stages);
  request.came.resize(stages);
  return request;
}

void Scheduler::Reserve(Request& request, StageId stage, double items) {
  double& reserved = request.reserved[static_cast<size_t>(table_.stage(stage).position)];
  state_of(stage).outstanding[static_cast<size_t>(request.priority)] += items - reserved;
  reserved = items;
}

absl::Time Scheduler::PredictFinish(PipelineId id, const std::vector<double>& items,
                                    Priority priority, absl::Time now) const {
  // By pipeline: device time of all that waits or is expected, spread over the devices.
  const size_t pipelines = static_cast<size_t>(table_.pipelines());
  std::vector<absl::Duration> work(pipelines);
  absl::Duration longest;
  absl::Duration alone;
  absl::Duration in_company;
  std::vector<bool> shared(devices_.size());
  const StageTable::Pipeline& own = table_.pipeline(id);
  for (StageId stage = 0; stage < table_.stages(); ++stage) {
    const StageTable::Stage& info = table_.stage(stage);
    const DeviceId any = AnyDevice(stage);
    if (any < 0) continue;
    int alive = 0;
    for (size_t i = 0; i < devices_.size(); ++i) {
      if (info.allowed[i] && !devices_[i].fenced) ++alive;
    }
    const GearPlan& plan = costs_.Plan(any, stage);
    double waiting = state_of(stage).outstanding[0];
    if (priority == Priority::kBatch) waiting += state_of(stage).outstanding[1];
    work[static_cast<size_t>(info.pipeline)] += waiting * plan.per_item() / alive;
    longest = std::max(longest, plan.longest());
    if (info.pipeline != id) continue;
    for (size_t i = 0; i < devices_.size(); ++i) shared[i] = shared[i] || info.allowed[i];
    const size_t position = static_cast<size_t>(info.position);
    const double expected =
        position < items.size() ? items[position] : state_of(stage).items_a_request;
    const int64_t rounded = std::llround(expected);
    if (rounded <= 0) continue;
    alone += plan.Time(rounded);
    // In full batches with others.
    in_company += std::max(plan.Time(rounded), plan.gears()[plan.best()].cost);
  }
  absl::Duration running;
  int devices = 0;
  for (size_t i = 0; i < devices_.size(); ++i) {
    if (!shared[i] || devices_[i].fenced) continue;
    ++devices;
    for (const Lane& lane : devices_[i].lanes) {
      if (lane.ahead > 0 && lane.free > now) running += lane.free - now;
    }
  }
  absl::Duration ahead = work[static_cast<size_t>(id)] + running / std::max(devices, 1);
  const absl::Duration service = ahead > longest ? in_company : alone;
  absl::Duration others;
  for (size_t i = 0; i < pipelines; ++i) {
    if (static_cast<PipelineId>(i) == id) continue;
    // Others get no more than their share while this request waits.
    const double part = table_.pipeline(static_cast<PipelineId>(i)).weight / own.weight;
    others += std::min(work[i], part * (ahead + service));
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

bool Scheduler::EndRequest(RequestId id, bool completed) {
  const auto found = requests_.find(id);
  if (found == requests_.end()) return false;
  const std::vector<JobId> alive(found->second.jobs.begin(), found->second.jobs.end());
  for (const JobId job : alive) Cancel(job);
  Request& request = found->second;
  const StageTable::Pipeline& pipeline = table_.pipeline(request.pipeline);
  for (int i = 0; i < pipeline.count; ++i) {
    const StageId stage = pipeline.first + i;
    Reserve(request, stage, 0);
    if (completed && !request.came[static_cast<size_t>(i)]) {
      state_of(stage).items_a_request *= 0.95;  // none there
    }
  }
  bytes_ -= request.bytes;
  requests_.erase(found);
  return !alive.empty();
}

}  // namespace omserve::scheduling

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
// Jobs on their way through the queues, and how they end.
#include <algorithm>
#include <utility>

#include "server/scheduling/scheduler.h"

namespace omserve::scheduling {

void Scheduler::CountWaiting(const Job& job, int64_t items) {
  StageState& state = state_of(job.spec.stage);
  state.waiting += items;
  state.outstanding[static_cast<size_t>(job.spec.priority)] += static_cast<double>(items);
}

bool Scheduler::Ready(const Job& job) const {
  if (job.redo || job.waiting.empty()) return false;
  if (job.spec.after == 0) return true;
  const auto found = jobs_.find(job.spec.after);
  if (found == jobs_.end()) return true;
  const Job& producer = found->second;
  return producer.waiting.empty() && !producer.redo && producer.lane >= 0 &&
         producer.lane < table_.stage(job.spec.stage).spec.instances &&
         table_.stage(job.spec.stage).allowed[static_cast<size_t>(producer.bound)];
}

void Scheduler::Enqueue(Job& job) {
  if (job.queued || !Ready(job)) return;
  if (const Job* const producer = Find(job.spec.after)) {
    job.bound = producer->bound;
    job.only_lane = producer->lane;
  }
  state_of(job.spec.stage).queue.Insert(job);
  queued_items_ += job.waiting_items();
}

void Scheduler::Dequeue(Job& job) {
  if (!job.queued) return;
  queued_items_ -= job.waiting_items();
  state_of(job.spec.stage).queue.Remove(job);
}

void Scheduler::Cancel(JobId job) {
  End(job, EndReason::kCancelled, absl::CancelledError("the caller has gone"));
}

void Scheduler::End(JobId id, EndReason reason, const absl::Status& status, bool suspect,
                    bool predicted) {
  const auto found = jobs_.find(id);
  if (found == jobs_.end()) return;
  Job& job = found->second;
  Dequeue(job);
  CountWaiting(job, -job.waiting_items());
  expiries_.Remove(job);
  LeaveStream(job);
  if (const auto request = requests_.find(job.spec.request); request != requests_.end()) {
    auto& jobs = request->second.jobs;
    const auto own = std::find(jobs.begin(), jobs.end(), id);
    if (own != jobs.end()) jobs.erase(own);
  }
  if (Job* producer = Find(job.spec.after)) {
    std::erase(producer->consumers, id);
    if (producer->consumers.empty() && producer->only_lane == producer->lane) {
      Dequeue(*producer);
      producer->only_lane = Job::kNoLane;
      Enqueue(*producer);
    }
  }
  effects_.ended.push_back({id, job.spec.request, reason, status, suspect, predicted});
  auto node = jobs_.extract(found);
  const Job& ended = node.mapped();
  for (const JobId consumer_id : ended.consumers) {
    Job* const consumer = Find(consumer_id);
    if (consumer == nullptr) continue;
    if (reason != EndReason::kDone) {
      End(consumer_id, reason, status, suspect, predicted);
      continue;
    }
    Dequeue(*consumer);
    consumer->spec.after = 0;
    const bool on_lane = consumer->lane >= 0 && !consumer->consumers.empty();
    consumer->only_lane = on_lane ? consumer->lane : Job::kNoLane;
    if (ended.bound >= 0) {
      // Its tensors are where its producer was. They move when they may, and when they must.
      const bool stays =
          table_.stage(consumer->spec.stage).allowed[static_cast<size_t>(ended.bound)];
      if (consumer->spec.affinity != Affinity::kPreferred || !stays) {
        consumer->spec.affinity = stays ? Affinity::kPinned : Affinity::kPreferred;
      }
      consumer->spec.device = ended.bound;
      consumer->bound = consumer->spec.affinity == Affinity::kPinned ? ended.bound : -1;
    }
    Enqueue(*consumer);
  }
  spare_jobs_.Keep(std::move(node));
}

void Scheduler::LeaveStream(const Job& job) {
  if (job.spec.stream == 0) return;
  const auto stream = streams_.find({job.spec.stream, job.spec.stage});
  if (stream != streams_.end() && stream->second == job.id) streams_.erase(stream);
}

}  // namespace omserve::scheduling

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/invariants.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace omserve::simulation {

using scheduling::Affinity;
using scheduling::BatchResult;
using scheduling::DeviceId;
using scheduling::EndReason;
using scheduling::JobId;
using scheduling::Segment;

Invariants::Invariants(const scheduling::StageTable& table, scheduling::SchedulerOptions options)
    : table_(table), options_(options) {
  for (const scheduling::DeviceSpec& spec : table.devices()) {
    one_type_ = one_type_ && spec.type == table.devices().front().type;
    devices_.emplace_back();
    devices_.back().lanes.resize(static_cast<size_t>(spec.lanes));
  }
  const size_t stages = static_cast<size_t>(table.stages());
  stage_waiting_.resize(stages);
  per_item_.resize(stages);
  longest_.resize(stages);
}

void Invariants::Break(const TraceEvent& event, const std::string& what) {
  broken_.push_back(absl::StrCat(what, "\n    at ", ToString(event)));
}

Invariants::Job* Invariants::Find(JobId id) {
  const auto found = jobs_.find(id);
  return found == jobs_.end() ? nullptr : &found->second;
}

void Invariants::See(const TraceEvent& event) {
  if (event.now < last_) Break(event, "time went back");
  last_ = event.now;
  switch (event.kind) {
    case TraceEvent::Kind::kRequestIn:
      if (!requests_.emplace(event.request, event.now).second ||
          ended_requests_.contains(event.request)) {
        Break(event, "a request came twice");
      }
      return;
    case TraceEvent::Kind::kRequestEnded:
      if (requests_.erase(event.request) == 0) Break(event, "a request ended that did not live");
      ended_requests_.insert(event.request);
      return;
    case TraceEvent::Kind::kJobIn:
      return JobIn(event);
    case TraceEvent::Kind::kJobEnded:
      return JobEnded(event);
    case TraceEvent::Kind::kBatchOut:
      return BatchOut(event);
    case TraceEvent::Kind::kBatchRun:
      return BatchRun(event);
    case TraceEvent::Kind::kBatchEnded:
      return BatchEnded(event);
    case TraceEvent::Kind::kFenced:
      return Fenced(event);
    case TraceEvent::Kind::kRevived:
      return Revived(event);
    case TraceEvent::Kind::kSettled:
      return Settled(event);
  }
}

void Invariants::Finish() {
  TraceEvent event;
  event.now = last_;
  for (const auto& [id, job] : jobs_) Break(event, absl::StrCat("job ", id, " never ended"));
  for (const auto& [id, in] : requests_) Break(event, absl::StrCat("request ", id, " never ended"));
}

void Invariants::JobIn(const TraceEvent& event) {
  const scheduling::JobSpec& spec = event.spec;
  if (jobs_.contains(event.job) || ended_.contains(event.job)) {
    return Break(event, "a job's number was used twice");
  }
  Job job;
  job.spec = spec;
  const auto request = requests_.find(spec.request);
  job.request_in = request == requests_.end() ? event.now : request->second;
  job.items.resize(static_cast<size_t>(spec.items), Item::kWaiting);
  job.waiting = spec.items;
  job.own_device = spec.suspect;
  job.felled = spec.suspect ? 1 : 0;
  if (spec.suspect) ++alone_;
  if (spec.affinity == Affinity::kPinned && spec.after == 0) {
    job.device = spec.device;
    job.life = devices_[static_cast<size_t>(spec.device)].life;
  }
  int64_t& waiting = stage_waiting_[static_cast<size_t>(spec.stage)];
  if (spec.stream != 0) {
    for (const JobId id : std::set<JobId>(waiting_)) {
      const Job& other = jobs_.at(id);
      if (other.spec.stream == spec.stream && other.spec.stage == spec.stage && other.fresh) {
        LeaveQueue(id);
      }
    }
  }
  const int64_t most = table_.stage(spec.stage).spec.max_queue_items;
  if (waiting > 0 && waiting + spec.items > most && spec.items > 0) {
    Break(event, absl::StrCat("a queue is above its bound: ", waiting + spec.items));
  }
  waiting += spec.items;
  if (Job* const producer = Find(spec.after)) producer->consumers.push_back(event.job);
  if (spec.items > 0) waiting_.insert(event.job);
  budgets_.insert({spec.budget_end, event.job});
  jobs_.emplace(event.job, std::move(job));
}

// It is replaced, which is heard of a little later.
void Invariants::LeaveQueue(JobId id) {
  Job* const job = Find(id);
  if (job == nullptr) return;
  stage_waiting_[static_cast<size_t>(job->spec.stage)] -= job->waiting;
  job->waiting = 0;
  waiting_.erase(id);
  for (const JobId consumer : job->consumers) LeaveQueue(consumer);
}

void Invariants::JobEnded(const TraceEvent& event) {
  const JobId id = event.end.job;
  Job* const job = Find(id);
  if (job == nullptr) {
    return Break(event, ended_.contains(id) ? "a job ended twice" : "a job ended that never was");
  }
  const EndReason reason = event.end.reason;
  if (reason == EndReason::kDone &&
      std::any_of(job->items.begin(), job->items.end(), [](Item i) { return i != Item::kDone; })) {
    Break(event, "a job ended well before all its items ran");
  }
  if (reason == EndReason::kSuperseded && !job->fresh) {
    Break(event, "a job was replaced although an item of it was in a batch");
  }
  if (reason == EndReason::kPoison && job->felled >= 2) poison_.insert(job->spec.request);
  if (reason == EndReason::kPoison && !poison_.contains(job->spec.request)) {
    Break(event, "a job was given up that was not on two devices that failed");
  }
  if (event.end.request != job->spec.request) Break(event, "a job ended for another request");
  if (reason == EndReason::kDone) {
    for (const JobId consumer : job->consumers) {
      if (Job* const found = Find(consumer)) {
        found->spec.after = 0;
        const bool stays =
            job->device >= 0 &&
            table_.stage(found->spec.stage).allowed[static_cast<size_t>(job->device)];
        if (found->spec.affinity != Affinity::kPreferred || !stays) {
          found->spec.affinity = stays ? Affinity::kPinned : Affinity::kPreferred;
        }
        found->spec.device = job->device;
        if (found->spec.affinity == Affinity::kPinned) {
          found->device = job->device;
          found->life = job->life;
        }
      }
    }
  }
  stage_waiting_[static_cast<size_t>(job->spec.stage)] -= job->waiting;
  if (job->own_device) --alone_;
  waiting_.erase(id);
  budgets_.erase({job->spec.budget_end, id});
  ended_.insert(id);
  jobs_.erase(id);
}

void Invariants::BatchRun(const TraceEvent& event) {
  const auto found = batches_.find(event.batch.id);
  if (found == batches_.end()) return;  // of a fenced device
  found->second.run = true;
}

void Invariants::BatchEnded(const TraceEvent& event) {
  const auto found = batches_.find(event.batch.id);
  if (found == batches_.end()) return;
  if (event.result == BatchResult::kDeviceLost) return;  // a fence follows
  const scheduling::ScheduledBatch batch = std::move(found->second.order);
  batches_.erase(found);
  std::erase(
      devices_[static_cast<size_t>(batch.device)].lanes[static_cast<size_t>(batch.lane)].batches,
      batch.id);
  const bool one = std::all_of(batch.segments.begin(), batch.segments.end(),
                               [&](const Segment& s) { return s.job == batch.segments[0].job; });
  for (const Segment& segment : batch.segments) {
    Job* const job = Find(segment.job);
    if (job == nullptr) continue;
    bool back = false;
    for (int64_t i = segment.first; i < segment.first + segment.items; ++i) {
      Item& item = job->items[static_cast<size_t>(i)];
      const bool well = item == Item::kInFlight && event.result == BatchResult::kOk;
      item = well ? Item::kDone : Item::kWaiting;
      if (well) continue;
      back = true;
      ++job->waiting;
      ++stage_waiting_[static_cast<size_t>(job->spec.stage)];
    }
    if (!back) continue;
    waiting_.insert(segment.job);
    if (event.result == BatchResult::kInputFault && !one) job->own_batch = true;
    VoidConsumers(*job);
  }
}

void Invariants::SetItems(Job& job, Item from, Item to) {
  for (Item& item : job.items) {
    if (item != from) continue;
    item = to;
    if (to != Item::kWaiting) continue;
    ++job.waiting;
    ++stage_waiting_[static_cast<size_t>(job.spec.stage)];
  }
}

void Invariants::VoidConsumers(const Job& job) {
  for (const JobId id : job.consumers) {
    Job* const consumer = Find(id);
    if (consumer == nullptr) continue;
    SetItems(*consumer, Item::kInFlight, Item::kVoid);
    SetItems(*consumer, Item::kDone, Item::kWaiting);
    if (consumer->waiting > 0) waiting_.insert(id);
    VoidConsumers(*consumer);
  }
}

// All of it runs again: its device has gone.
void Invariants::Restart(Job& job) {
  for (const Item item : {Item::kInFlight, Item::kVoid, Item::kDone}) {
    SetItems(job, item, Item::kWaiting);
  }
  job.device = -1;
  job.lane = -1;
}

void Invariants::Fenced(const TraceEvent& event) {
  Device& device = devices_[static_cast<size_t>(event.device)];
  if (device.fenced) Break(event, "a device was fenced twice");
  device.fenced = true;
  std::set<JobId> suspects;
  for (Lane& lane : device.lanes) {
    for (const scheduling::BatchId id : lane.batches) {
      const Batch& batch = batches_.at(id);
      for (const Segment& segment : batch.order.segments) {
        Job* const job = Find(segment.job);
        if (job == nullptr) continue;
        for (int64_t i = segment.first; i < segment.first + segment.items; ++i) {
          job->items[static_cast<size_t>(i)] = Item::kWaiting;
          ++job->waiting;
          ++stage_waiting_[static_cast<size_t>(job->spec.stage)];
        }
        waiting_.insert(segment.job);
        if (!batch.run) suspects.insert(segment.job);
      }
      batches_.erase(id);
    }
    lane.batches.clear();
  }
  for (const JobId id : suspects) {
    Job& job = jobs_.at(id);
    ++job.felled;
    if (!job.own_device) {
      ++alone_;
      job.alone_from = last_batch_ + 1;
    }
    job.own_device = true;
  }
  for (auto& [id, job] : jobs_) {
    if (job.device != event.device) continue;
    Restart(job);
    if (job.waiting > 0) waiting_.insert(id);
  }
}

// It starts empty: nothing of before is on it, or bound to it.
void Invariants::Revived(const TraceEvent& event) {
  Device& device = devices_[static_cast<size_t>(event.device)];
  if (!device.fenced) Break(event, "a device came back that was not out");
  device.fenced = false;
  ++device.life;
}

void Invariants::Settled(const TraceEvent& event) {
  if (!budgets_.empty() && budgets_.begin()->first <= event.now) {
    Break(event, absl::StrCat("job ", budgets_.begin()->second, " lives after its budget's end"));
  }
  CheckIdle(event);
}

bool Invariants::Ready(const Job& job, int lane) const {
  if (std::find(job.items.begin(), job.items.end(), Item::kVoid) != job.items.end()) return false;
  const auto found = jobs_.find(job.spec.after);
  if (job.spec.after == 0 || found == jobs_.end()) return true;
  return found->second.waiting == 0 && found->second.lane == lane &&
         std::find(found->second.items.begin(), found->second.items.end(), Item::kVoid) ==
             found->second.items.end();
}

bool Invariants::MustRun(const Job& job, DeviceId device, int lane) const {
  const scheduling::StageTable::Stage& stage = table_.stage(job.spec.stage);
  if (!stage.allowed[static_cast<size_t>(device)] || lane >= stage.spec.instances) return false;
  if (!Ready(job, lane)) return false;
  if (!job.consumers.empty() && job.lane >= 0 && job.lane != lane) return false;
  const auto producer = jobs_.find(job.spec.after);
  if (job.spec.after != 0 && producer != jobs_.end()) return producer->second.device == device;
  if (job.device >= 0) return job.device == device;
  if (job.spec.affinity == Affinity::kPreferred) return job.spec.device == device;
  return one_type_;
}

void Invariants::CheckIdle(const TraceEvent& event) {
  // Devices are emptied, and kept, for a job that must have one to itself.
  if (waiting_.empty() || alone_ > 0) return;
  for (size_t device = 0; device < devices_.size(); ++device) {
    if (devices_[device].fenced) continue;
    bool alone = false;
    for (const Lane& lane : devices_[device].lanes) {
      for (const scheduling::BatchId id : lane.batches) alone = alone || batches_.at(id).alone;
    }
    for (size_t lane = 0; !alone && lane < devices_[device].lanes.size(); ++lane) {
      const std::vector<scheduling::BatchId>& batches = devices_[device].lanes[lane].batches;
      const bool busy = std::any_of(batches.begin(), batches.end(),
                                    [this](scheduling::BatchId b) { return !batches_.at(b).run; });
      if (busy || static_cast<int>(batches.size()) >= options_.slots) continue;
      for (const JobId id : waiting_) {
        if (!MustRun(jobs_.at(id), static_cast<DeviceId>(device), static_cast<int>(lane))) continue;
        Break(event,
              absl::StrCat("device ", device, " lane ", lane, " is idle and job ", id, " waits"));
        return;
      }
    }
  }
}

}  // namespace omserve::simulation

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/world.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"

namespace omserve::simulation {
namespace {

using scheduling::Affinity;
using scheduling::BatchId;
using scheduling::DeviceId;
using scheduling::EndReason;
using scheduling::JobId;
using scheduling::RequestId;

// More than any scenario needs: beyond, something goes round in circles.
constexpr int64_t kMostSteps = 20000000;
// In the life of a device.
constexpr int kMostRevivals = 3;

}  // namespace

World::World(const Scenario& scenario, std::function<void(const TraceEvent&)> watch)
    : scenario_(scenario),
      watch_(std::move(watch)),
      random_(scenario.seed ^ 0x5eedu),
      scheduler_(scenario.devices, scenario.options),
      lives_(scenario.devices.size()) {
  for (const PipelineModel& pipeline : scenario.pipelines) {
    if (!scheduler_.AddPipeline(pipeline.spec).ok()) result_.broken.push_back("bad scenario");
  }
  if (scenario.check) {
    invariants_ = std::make_unique<Invariants>(scheduler_.table(), scenario.options);
  }
  for (size_t i = 0; i < scenario.devices.size(); ++i) {
    const DeviceId id = static_cast<DeviceId>(i);
    SimulatedDevice::Listener listener;
    listener.run = [this](BatchId batch) {
      timeline_.In(scenario_.host_delay, [this, batch] {
        TraceEvent event = Event(TraceEvent::Kind::kBatchRun);
        event.batch.id = batch;
        See(std::move(event));
        scheduler_.OnBatchRun(batch, timeline_.now());
        Settle();
      });
    };
    listener.ended = [this](BatchId batch, const scheduling::BatchOutcome& outcome) {
      timeline_.In(scenario_.host_delay, [this, batch, outcome] {
        TraceEvent event = Event(TraceEvent::Kind::kBatchEnded);
        event.batch.id = batch;
        event.result = outcome.result;
        See(std::move(event));
        scheduler_.OnBatchEnded(batch, outcome, timeline_.now());
        Settle();
      });
    };
    devices_.push_back(
        std::make_unique<SimulatedDevice>(scenario, id, timeline_, std::move(listener)));
    for (int stage = 0; scenario.measured && stage < scheduler_.table().stages(); ++stage) {
      for (const int gear : scheduler_.table().stage(stage).spec.gears) {
        scheduler_.costs().Record(id, stage, gear, GearTime(scenario, id, stage, gear),
                                  absl::ZeroDuration());
      }
    }
  }
}

TraceEvent World::Event(TraceEvent::Kind kind) const {
  TraceEvent event;
  event.kind = kind;
  event.now = timeline_.now();
  return event;
}

void World::Hash(const TraceEvent& event) {
  const auto mix = [this](int64_t value) {
    result_.hash = (result_.hash ^ static_cast<uint64_t>(value)) * 0x100000001b3u;
  };
  mix(absl::ToInt64Nanoseconds(event.now - absl::UnixEpoch()));
  mix(static_cast<int64_t>(event.kind));
  mix(event.request + event.job + event.end.job + event.batch.id);
  mix(event.batch.gear * 1000 + event.batch.items);
  for (const scheduling::Segment& segment : event.batch.segments) mix(segment.job);
}

void World::See(TraceEvent event) {
  ++result_.events;
  Hash(event);
  if (watch_) watch_(event);
  if (invariants_ != nullptr) invariants_->See(event);
}

WorldResult World::Run() {
  result_.loads.resize(scenario_.loads.size());
  for (size_t i = 0; i < scenario_.loads.size(); ++i) {
    left_.push_back(scenario_.loads[i].requests);
    StartLoad(i);
  }
  for (const FaultModel::Death& death : scenario_.faults.deaths) {
    timeline_.In(death.at,
                 [this, death] { devices_[static_cast<size_t>(death.device)]->Die(death.hangs); });
  }
  const absl::Time start = timeline_.now();
  bool stopped = false;
  while (!stopped && timeline_.Step()) {
    stopped = timeline_.now() - start > scenario_.until;
    if (timeline_.steps() > kMostSteps) {
      result_.broken.push_back("the run does not come to an end");
      stopped = true;
    }
    if (invariants_ != nullptr && !invariants_->broken().empty()) stopped = true;
  }
  if (invariants_ != nullptr) {
    if (!stopped) invariants_->Finish();
    for (const std::string& broken : invariants_->broken()) result_.broken.push_back(broken);
  }
  if (!stopped && scheduler_.jobs() != 0) result_.broken.push_back("the scheduler keeps jobs");
  for (int stage = 0; stage < scheduler_.table().stages(); ++stage) {
    result_.counters.push_back(scheduler_.counters(stage));
  }
  result_.lasted = timeline_.now() - start;
  for (const auto& device : devices_) result_.busy += device->busy();
  return std::move(result_);
}

void World::StartLoad(size_t index) {
  const LoadModel& load = scenario_.loads[index];
  if (load.kind == LoadModel::Kind::kClosed) {
    for (int i = 0; i < load.clients; ++i) {
      timeline_.In(absl::Microseconds(i), [this, index] { Arrive(index); });
    }
    return;
  }
  SendNext(index);
}

void World::SendNext(size_t index) {
  const LoadModel& load = scenario_.loads[index];
  if (left_[index] <= 0) return;
  timeline_.In(random_.Exponential(load.interval), [this, index] {
    const LoadModel& now = scenario_.loads[index];
    const int count = now.kind == LoadModel::Kind::kBursts ? now.burst : 1;
    for (int i = 0; i < count; ++i) Arrive(index);
    SendNext(index);
  });
}

int64_t World::DrawItems(const ItemModel& model) {
  if (model.kind == ItemModel::Kind::kFixed) return model.most;
  if (model.kind == ItemModel::Kind::kListed) {
    return model
        .listed[static_cast<size_t>(random_.Int(0, static_cast<int64_t>(model.listed.size()) - 1))];
  }
  const double part = std::pow(random_.Unit(), model.skew);
  return static_cast<int64_t>(part * static_cast<double>(model.most + 1));
}

void World::Arrive(size_t index) {
  const LoadModel& load = scenario_.loads[index];
  if (left_[index]-- <= 0) return;
  const RequestId id = ++last_request_;
  Request request;
  request.load = index;
  request.sent = timeline_.now();
  result_.loads[index].sent_at.push_back(request.sent);
  const double part = 1 + load.budget_spread * random_.Between(-1, 1);
  request.budget_end = timeline_.now() + load.budget * part;
  for (const ItemModel& items : load.items) request.items.push_back(DrawItems(items));
  request.chained = random_.Chance(load.chained);
  request.keeps = request.chained || random_.Chance(load.keeps);
  request.movable = random_.Chance(load.movable);
  request.spread = !request.keeps && random_.Chance(load.spread);
  request.poison = random_.Chance(load.poison);
  request.hangs = random_.Chance(0.5);
  request.guilty = random_.Chance(load.guilty);
  if (load.streams > 0) {
    request.stream = random_.Int(1, load.streams) + 1000 * static_cast<int64_t>(index + 1);
  }
  if (load.admit) {
    scheduling::RequestSpec spec;
    spec.request = id;
    spec.pipeline = load.pipeline;
    spec.bytes = 1 << 20;
    spec.budget_end = request.budget_end;
    spec.priority = load.priority;
    if (load.knows_items) spec.items.assign(request.items.begin(), request.items.end());
    const scheduling::Admission admission = scheduler_.Admit(spec, timeline_.now());
    if (!admission.status.ok()) {
      ++result_.loads[index].refused;
      if (load.kind == LoadModel::Kind::kClosed) {
        timeline_.In(std::max(admission.retry_after, absl::Milliseconds(1)),
                     [this, index] { Arrive(index); });
      }
      return;
    }
  }
  TraceEvent event = Event(TraceEvent::Kind::kRequestIn);
  event.request = id;
  See(std::move(event));
  const bool cancelled = random_.Chance(load.cancel);
  requests_.emplace(id, std::move(request));
  timeline_.In(load.decode, [this, id] { HandIn(id); });
  if (cancelled) {
    timeline_.In(random_.Exponential(absl::Milliseconds(30)), [this, id] {
      Finish(id, false);
      Settle();
    });
  }
}

void World::HandIn(RequestId id) {
  const auto found = requests_.find(id);
  if (found == requests_.end()) return;
  HandInJob(id, found->second);
  Settle();
}

scheduling::JobSpec World::SpecOf(RequestId id, const Request& request) const {
  const LoadModel& load = scenario_.loads[request.load];
  scheduling::JobSpec spec;
  spec.request = id;
  spec.stage = scheduler_.table().pipeline(load.pipeline).first + request.next;
  spec.items = request.items[static_cast<size_t>(request.next)];
  spec.budget_end = request.budget_end;
  spec.priority = load.priority;
  spec.suspect = request.suspect;
  spec.move_cost = absl::Microseconds(200);
  spec.stream = request.next == 0 ? request.stream : 0;
  if (request.chained && request.last_job != 0) {
    spec.after = request.last_job;
  } else if (request.keeps && request.device >= 0) {
    const bool there =
        scheduler_.table().stage(spec.stage).allowed[static_cast<size_t>(request.device)];
    spec.affinity = request.movable || !there ? Affinity::kPreferred : Affinity::kPinned;
    spec.device = request.device;
    spec.lost = lives_[static_cast<size_t>(request.device)] != request.life;
  } else {
    spec.spread = request.spread;
  }
  return spec;
}

void World::HandInJob(RequestId id, Request& request) {
  const int stages = static_cast<int>(request.items.size());
  while (request.next < stages) {
    const bool none = request.items[static_cast<size_t>(request.next)] == 0;
    if (none && (request.chained || random_.Chance(0.5))) {  // skips the stage
      ++request.next;
      continue;
    }
    scheduling::JobSpec spec = SpecOf(id, request);
    const scheduling::Submitted submitted = scheduler_.Submit(spec, timeline_.now());
    dirty_ = true;
    if (!submitted.status.ok()) return Finish(id, false);
    spec.items -= submitted.items_cut;
    request.last_job = submitted.job;
    request.jobs.push_back(submitted.job);
    jobs_[submitted.job] = id;
    TraceEvent event = Event(TraceEvent::Kind::kJobIn);
    event.job = submitted.job;
    event.spec = spec;
    See(std::move(event));
    ++request.next;
    if (!request.chained) return;
  }
  if (request.jobs.empty()) Finish(id, true);
}

void World::OnJobEnded(const scheduling::JobEnd& end) {
  TraceEvent event = Event(TraceEvent::Kind::kJobEnded);
  event.end = end;
  See(std::move(event));
  ++result_.reasons[static_cast<size_t>(end.reason)];
  const auto job = jobs_.find(end.job);
  if (job == jobs_.end()) return;  // of a run that is given up
  const RequestId id = job->second;
  jobs_.erase(job);
  Request& request = requests_.at(id);
  std::erase(request.jobs, end.job);
  switch (end.reason) {
    case EndReason::kDone:
      break;
    case EndReason::kRestart:
      return RestartRequest(id, end.suspect);
    default:
      return Finish(id, false);
  }
  if (!request.jobs.empty()) return;
  const absl::Duration step = scenario_.loads[request.load].host_step;
  const int run = request.runs;
  timeline_.In(step, [this, id, run] {
    const auto found = requests_.find(id);
    if (found != requests_.end() && found->second.runs == run) HandIn(id);
  });
}

void World::RestartRequest(RequestId id, bool suspect) {
  Request& request = requests_.at(id);
  for (const JobId job : std::exchange(request.jobs, {})) {
    jobs_.erase(job);
    scheduler_.Cancel(job);
    dirty_ = true;
  }
  request.suspect = request.suspect || suspect;
  request.next = 0;
  request.device = -1;
  request.last_job = 0;
  const int run = ++request.runs;
  timeline_.In(absl::Microseconds(100), [this, id, run] {
    const auto found = requests_.find(id);
    if (found != requests_.end() && found->second.runs == run) HandIn(id);
  });
}

void World::Finish(RequestId id, bool well) {
  const auto found = requests_.find(id);
  if (found == requests_.end()) return;
  const Request request = std::move(found->second);
  requests_.erase(found);
  for (const JobId job : request.jobs) jobs_.erase(job);
  scheduler_.EndRequest(id, well);
  dirty_ = true;
  TraceEvent event = Event(TraceEvent::Kind::kRequestEnded);
  event.request = id;
  See(std::move(event));
  LoadResult& result = result_.loads[request.load];
  if (well) {
    result.latencies.push_back(timeline_.now() - request.sent);
    result.done_at.push_back(timeline_.now());
  } else {
    ++result.failed;
  }
  const LoadModel& load = scenario_.loads[request.load];
  if (load.kind == LoadModel::Kind::kClosed) {
    timeline_.In(load.interval, [this, index = request.load] { Arrive(index); });
  }
}

void World::Settle() {
  do {
    dirty_ = false;
    Apply(scheduler_.Advance(timeline_.now()));
  } while (dirty_);
  See(Event(TraceEvent::Kind::kSettled));
}

void World::Apply(scheduling::Effects effects) {
  for (const scheduling::FencedDevice& fenced : effects.fenced) {
    TraceEvent event = Event(TraceEvent::Kind::kFenced);
    event.device = fenced.device;
    See(std::move(event));
    MayRevive(fenced.device);
  }
  for (const scheduling::JobEnd& end : effects.ended) OnJobEnded(end);
  for (scheduling::ScheduledBatch& batch : effects.batches) {
    const SimulatedDevice::Effect effect = EffectOf(batch);
    for (const scheduling::Segment& segment : batch.segments) {
      const auto job = jobs_.find(segment.job);
      if (job == jobs_.end()) continue;
      Request& request = requests_.at(job->second);
      request.device = batch.device;
      request.life = lives_[static_cast<size_t>(batch.device)];
    }
    SimulatedDevice& device = *devices_[static_cast<size_t>(batch.device)];
    TraceEvent event = Event(TraceEvent::Kind::kBatchOut);
    event.batch = batch;
    See(std::move(event));
    device.Submit(batch, effect);
  }
  if (effects.wake == absl::InfiniteFuture() || effects.wake == wake_) return;
  if (effects.wake <= timeline_.now()) result_.broken.push_back("wakes without an end");
  wake_ = effects.wake;
  timeline_.At(wake_, [this, wake = wake_] {
    if (wake != wake_) return;
    wake_ = absl::InfiniteFuture();
    Settle();
  });
}

void World::MayRevive(DeviceId id) {
  const size_t index = static_cast<size_t>(id);
  if (scenario_.faults.revive <= 0 || !random_.Chance(scenario_.faults.revive) ||
      lives_[index] >= kMostRevivals) {
    return;
  }
  timeline_.In(random_.Exponential(scenario_.faults.reset), [this, id, index] {
    if (devices_[index]->hangs()) return;
    devices_[index]->Revive();
    ++lives_[index];
    ++result_.revived;
    TraceEvent event = Event(TraceEvent::Kind::kRevived);
    event.device = id;
    See(std::move(event));
    scheduler_.Revive(id, timeline_.now());
    Settle();
  });
}

SimulatedDevice::Effect World::EffectOf(const scheduling::ScheduledBatch& batch) {
  SimulatedDevice::Effect effect = SimulatedDevice::Effect::kNone;
  if (scenario_.faults.device_fault > 0 && random_.Chance(scenario_.faults.device_fault)) {
    effect = SimulatedDevice::Effect::kDeviceFault;
  }
  for (const scheduling::Segment& segment : batch.segments) {
    const auto job = jobs_.find(segment.job);
    if (job == jobs_.end()) continue;
    const Request& request = requests_.at(job->second);
    if (request.guilty) effect = SimulatedDevice::Effect::kInputFault;
    if (request.poison) {
      return request.hangs ? SimulatedDevice::Effect::kHangs : SimulatedDevice::Effect::kKills;
    }
  }
  return effect;
}

}  // namespace omserve::simulation

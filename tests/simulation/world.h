// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "server/scheduling/scheduler.h"
#include "tests/simulation/invariants.h"
#include "tests/simulation/random.h"
#include "tests/simulation/scenario.h"
#include "tests/simulation/simulated_device.h"
#include "tests/simulation/timeline.h"
#include "tests/simulation/trace.h"

namespace omserve::simulation {

// What a load saw.
struct LoadResult {
  std::vector<absl::Duration> latencies;  // of requests that were answered well, in that order
  std::vector<absl::Time> done_at;
  std::vector<absl::Time> sent_at;  // of all requests, also those that were refused
  int64_t refused = 0;
  int64_t failed = 0;  // admitted, and not answered well
};

struct WorldResult {
  std::vector<std::string> broken;
  std::vector<LoadResult> loads;
  std::array<int64_t, scheduling::kEndReasons> reasons{};  // of ended jobs
  std::vector<scheduling::StageCounters> counters;         // by stage
  int64_t events = 0;
  uint64_t hash = 0;      // of the trace: the same for the same run
  absl::Duration lasted;  // virtual
  absl::Duration busy;    // all devices together
  int64_t revived = 0;
};

// A server around the scheduler, its devices and its clients, in virtual time. Does what the real
// owner of a Scheduler has to do. Made, run once, thrown away. Thread-compatible.
class World {
 public:
  // 'watch' (may be empty) sees the trace.
  World(const Scenario& scenario, std::function<void(const TraceEvent&)> watch);

  WorldResult Run();

 private:
  struct Request {
    size_t load = 0;
    absl::Time sent;
    absl::Time budget_end;
    std::vector<int64_t> items;  // by stage
    bool chained = false;
    bool keeps = false;
    bool movable = false;
    bool spread = false;
    bool poison = false;
    bool hangs = false;  // rather than kills
    bool guilty = false;
    bool suspect = false;
    int runs = 0;
    int next = 0;                      // stage position to hand in next
    scheduling::DeviceId device = -1;  // of its tensors
    int life = 0;                      // of that device, when they were made
    scheduling::StreamId stream = 0;
    std::vector<scheduling::JobId> jobs;  // that live, in order of the stages
    scheduling::JobId last_job = 0;
  };

  void StartLoad(size_t load);
  void Arrive(size_t load);
  void SendNext(size_t load);
  void HandIn(scheduling::RequestId id);
  void HandInJob(scheduling::RequestId id, Request& request);
  scheduling::JobSpec SpecOf(scheduling::RequestId id, const Request& request) const;
  void OnJobEnded(const scheduling::JobEnd& end);
  void RestartRequest(scheduling::RequestId id, bool suspect);
  void Finish(scheduling::RequestId id, bool well);
  void Settle();
  void Apply(scheduling::Effects effects);
  // A device that is out may come back, a few times.
  void MayRevive(scheduling::DeviceId device);
  SimulatedDevice::Effect EffectOf(const scheduling::ScheduledBatch& batch);
  void See(TraceEvent event);
  void Hash(const TraceEvent& event);
  TraceEvent Event(TraceEvent::Kind kind) const;
  int64_t DrawItems(const ItemModel& model);

  const Scenario& scenario_;
  const std::function<void(const TraceEvent&)> watch_;
  Timeline timeline_;
  Random random_;
  scheduling::Scheduler scheduler_;
  std::unique_ptr<Invariants> invariants_;
  std::vector<std::unique_ptr<SimulatedDevice>> devices_;
  std::vector<int> lives_;  // by device: how often it came back
  std::map<scheduling::RequestId, Request> requests_;
  std::map<scheduling::JobId, scheduling::RequestId> jobs_;
  std::map<scheduling::BatchId, scheduling::DeviceId> batch_device_;
  std::vector<int64_t> left_;  // by load, requests that were not sent
  scheduling::RequestId last_request_ = 0;
  absl::Time wake_ = absl::InfiniteFuture();
  bool dirty_ = false;  // the scheduler was told something since it settled
  WorldResult result_;
};

}  // namespace omserve::simulation

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "server/scheduling/scheduler.h"
#include "server/scheduling/stage_table.h"
#include "tests/simulation/trace.h"

namespace omserve::simulation {

// What must hold after every event of a trace, whatever the policy. Keeps a model of its own of
// jobs, items and lanes, and believes nothing that the scheduler says about itself.
// Thread-compatible.
class Invariants {
 public:
  // 'table' has all the pipelines and outlives this.
  Invariants(const scheduling::StageTable& table, scheduling::SchedulerOptions options);

  void See(const TraceEvent& event);
  // After the last event: everything has ended.
  void Finish();

  // What was broken, in order; empty while all is well.
  const std::vector<std::string>& broken() const { return broken_; }

 private:
  enum class Item : uint8_t {
    kWaiting,
    kInFlight,
    kVoid,  // in flight, on inputs that are made again
    kDone,
  };
  struct Job {
    scheduling::JobSpec spec;
    absl::Time request_in;
    std::vector<Item> items;
    int64_t waiting = 0;
    bool fresh = true;  // no item was in a batch
    bool own_batch = false;
    bool own_device = false;
    scheduling::BatchId alone_from = 0;  // the first batch that must be alone on its device
    int felled = 0;                      // devices
    scheduling::DeviceId device = -1;    // that it is bound to
    int life = 0;                        // of that device, when it was bound
    int lane = -1;                       // of all its batches; -2 several
    std::vector<scheduling::JobId> consumers;
    absl::Duration overtaken;  // device time that others got which came later
  };
  struct Batch {
    scheduling::ScheduledBatch order;
    bool run = false;
    bool alone = false;  // has the device to itself, even when its job has ended
  };
  struct Lane {
    std::vector<scheduling::BatchId> batches;  // not ended
  };
  struct Device {
    bool fenced = false;
    int life = 0;  // how often it came back
    std::vector<Lane> lanes;
  };

  void Break(const TraceEvent& event, const std::string& what);
  void JobIn(const TraceEvent& event);
  void JobEnded(const TraceEvent& event);
  void LeaveQueue(scheduling::JobId id);
  void BatchOut(const TraceEvent& event);
  void BatchRun(const TraceEvent& event);
  void BatchEnded(const TraceEvent& event);
  void Fenced(const TraceEvent& event);
  void Revived(const TraceEvent& event);
  void Settled(const TraceEvent& event);

  void CheckShape(const TraceEvent& event);
  void CheckLane(const TraceEvent& event);
  void CheckAlone(const TraceEvent& event);
  void CheckSegment(const TraceEvent& event, const scheduling::Segment& segment);
  void CheckProducer(const TraceEvent& event, const Job& job);
  void CountOvertaken(const TraceEvent& event);
  void CheckIdle(const TraceEvent& event);

  Job* Find(scheduling::JobId id);
  bool Ready(const Job& job, int lane) const;
  // Whether the job must be taken by an idle lane.
  bool MustRun(const Job& job, scheduling::DeviceId device, int lane) const;
  void SetItems(Job& job, Item from, Item to);
  void Restart(Job& job);
  void VoidConsumers(const Job& job);
  absl::Duration MostOvertaken(const Job& job) const;

  const scheduling::StageTable& table_;
  const scheduling::SchedulerOptions options_;
  bool one_type_ = true;
  std::vector<Device> devices_;
  std::map<scheduling::JobId, Job> jobs_;  // that live
  std::set<scheduling::JobId> waiting_;    // of these, with items that wait
  std::set<scheduling::JobId> ended_;
  std::map<scheduling::BatchId, Batch> batches_;
  std::map<scheduling::RequestId, absl::Time> requests_;  // that live
  std::set<scheduling::RequestId> ended_requests_;
  std::set<scheduling::RequestId> poison_;  // felled two devices
  scheduling::BatchId last_batch_ = 0;
  std::set<std::pair<absl::Time, scheduling::JobId>> budgets_;
  int alone_ = 0;  // live jobs that need a device of their own
  std::vector<int64_t> stage_waiting_;
  std::vector<absl::Duration> per_item_;  // by stage, the longest seen
  std::vector<absl::Duration> longest_;   // by stage
  absl::Time last_;
  std::vector<std::string> broken_;
};

}  // namespace omserve::simulation

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <utility>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/spare_nodes.h"
#include "server/scheduling/admission.h"
#include "server/scheduling/batch_former.h"
#include "server/scheduling/expiry_queue.h"
#include "server/scheduling/gear_costs.h"
#include "server/scheduling/job.h"
#include "server/scheduling/job_queue.h"
#include "server/scheduling/outcome.h"
#include "server/scheduling/scheduler_options.h"
#include "server/scheduling/stage_choice.h"
#include "server/scheduling/stage_table.h"

namespace omserve::scheduling {

// What ran of a stage so far.
struct StageCounters {
  int64_t batches = 0;
  int64_t items = 0;
  int64_t padding = 0;  // rows that carried nothing
};

// Decides what runs on which device and when: the pure core behind the batching. Knows no clock,
// no thread and no device; time comes in, decisions go out, and the same calls give the same
// decisions. Jobs (one request's items for one stage) go in with Submit and end exactly once, in
// the 'ended' of some Advance. After any other calls, and at its 'wake' time, Advance is to be
// called; it does all that is due. Times never go back. Owned by the batching. Thread-compatible:
// the owner holds one lock around every call.
class Scheduler {
 public:
  explicit Scheduler(std::vector<DeviceSpec> devices, SchedulerOptions options = {});
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  // INVALID_ARGUMENT naming what is wrong.
  absl::StatusOr<PipelineId> AddPipeline(const PipelineSpec& spec);
  // Refuses new jobs of the pipeline; what is there goes on.
  void ClosePipeline(PipelineId pipeline) { table_.Close(pipeline); }
  // Ends all its jobs as kClosed, and refuses new ones.
  void EndPipeline(PipelineId pipeline);
  // Gives its numbers and those of its stages back, to be used by pipelines to come; its requests
  // end. False, and nothing happens, while a job or a batch of it is there.
  bool RemovePipeline(PipelineId pipeline);

  // Nothing new is put on the device until Release. 'Empty' says when what was there has left.
  void Hold(DeviceId device) { device_of(device).held = true; }
  void Release(DeviceId device) { device_of(device).held = false; }
  // No batch of ours is on the device.
  bool Empty(DeviceId device) const { return Empty(device_of(device)); }
  // It is empty, and nothing waits that it might run.
  bool Idle(DeviceId device) const;

  const StageTable& table() const { return table_; }
  GearCosts& costs() { return costs_; }
  const GearCosts& costs() const { return costs_; }

  // Lets a request in if it can end in its budget, by what is known, and there is room for it.
  // Reserves the device time that it will need until EndRequest.
  Admission Admit(const RequestSpec& spec, absl::Time now);
  // When a request with these items would end, were it let in now. REQUIRES: a device for every
  // stage.
  absl::Time PredictFinish(PipelineId pipeline, const std::vector<double>& items, Priority priority,
                           absl::Time now) const;
  // Ends what began with Admit or, without it, with the first Submit: to be called once for every
  // such request. 'completed' when it passed all stages that it needed. Jobs that live are
  // cancelled; without any, there is no need to Advance, and it gives false.
  bool EndRequest(RequestId request, bool completed);
  // Cancels the request's jobs. False when none lives: no need to Advance.
  bool CancelJobs(RequestId request);

  Submitted Submit(const JobSpec& spec, absl::Time now);
  // The job's items are of no use any more. Nothing happens when it has ended.
  void Cancel(JobId job);

  // The batch has left the device's compute units; its results are being copied.
  void OnBatchRun(BatchId batch, absl::Time now);
  // Nothing of the batch is on the device any more; its slot is free. Comes after OnBatchRun, or
  // without it when the batch failed. Unknown batches (of fenced devices) are ignored.
  void OnBatchEnded(BatchId batch, const BatchOutcome& outcome, absl::Time now);
  // Takes a device out, until it is revived.
  void Fence(DeviceId device, const absl::Status& why);
  // The fenced device is as new: nothing of what it had is there any more. It starts empty; jobs
  // whose tensors it had before come with JobSpec::lost. REQUIRES: an Advance has told that it is
  // fenced, and nothing that was submitted to it before can be heard of as if it were new.
  void Revive(DeviceId device, absl::Time now);

  // Does all that is due: ends what has expired, fences what hangs, forms batches. What was in
  // 'effects' before is cleared, its memory is used again.
  void Advance(absl::Time now, Effects& effects);
  Effects Advance(absl::Time now) {
    Effects effects;
    Advance(now, effects);
    return effects;
  }

  bool fenced(DeviceId device) const { return device_of(device).fenced; }
  int alive_devices() const;
  int64_t jobs() const { return static_cast<int64_t>(jobs_.size()); }
  // Batches that were formed so far.
  int64_t formed() const { return last_batch_; }
  int64_t waiting_items(StageId stage) const { return state_of(stage).waiting; }
  const StageCounters& counters(StageId stage) const { return state_of(stage).counters; }
  // Device time that 'device' needs for what is on it, and what only it may run, from 'now' on.
  absl::Duration Backlog(DeviceId device, absl::Time now) const;

 private:
  struct Batch {
    ScheduledBatch order;
    bool run = false;
    absl::Time run_at;
  };
  struct Lane {
    std::deque<BatchId> batches;  // not ended, in the order of the device; the first ones have run
    int ahead = 0;                // of these, that have not run
    absl::Time free;              // when these are expected to have run
    absl::Duration spare;         // of the time without work, what was not spent
    absl::Time hangs = absl::InfiniteFuture();  // when its first batch is taken for hanging
  };
  struct Share {
    double used = 0;    // device seconds over weight, moved up after a pause
    int64_t seen = -1;  // the formation in which the pipeline last had work
  };
  struct DeviceState {
    bool fenced = false;
    bool held = false;  // see Hold
    std::vector<Lane> lanes;
    JobId guard = 0;                     // the device is being emptied for this job
    BatchId alone = 0;                   // nothing goes on the device until this batch has ended
    std::vector<Share> shares;           // by pipeline
    std::vector<absl::Duration> passed;  // by stage: see StageCandidate
    double least_share = 0;
    int64_t formations = 0;
    int faults = 0;  // in a row
  };
  struct StageState {
    explicit StageState(size_t devices) : queue(devices) {}
    JobQueue queue;
    DeviceId any = -1;                    // a device that may run it and lives; -1: there is none
    int alive = 0;                        // such devices
    int64_t waiting = 0;                  // items in no batch, queued or not
    std::array<double, 2> outstanding{};  // of them and of the reserved ones, by priority
    double items_a_request = 1;           // of late
    StageCounters counters;
    absl::Duration per_item;  // of the plan, when...
    absl::Duration step;      // ...this was worked out of it
  };
  struct Request {
    PipelineId pipeline = -1;
    Priority priority = Priority::kInteractive;
    absl::Time since;  // when it came
    struct Visit {
      double reserved = 0;  // items that have not come yet
      bool came = false;
    };
    absl::InlinedVector<Visit, 4> visits;  // by position
    int64_t bytes = 0;
    absl::InlinedVector<JobId, 2> jobs;  // that live, ascending
  };
  struct Candidate {
    StageCandidate view;
    Job* head = nullptr;
    int64_t items = 0;
    int rows = 0;  // of the gear for these
  };
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

  DeviceState& device_of(DeviceId id) { return devices_[static_cast<size_t>(id)]; }
  const DeviceState& device_of(DeviceId id) const { return devices_[static_cast<size_t>(id)]; }
  StageState& state_of(StageId id) { return stages_[static_cast<size_t>(id)]; }
  const StageState& state_of(StageId id) const { return stages_[static_cast<size_t>(id)]; }
  Job* Find(JobId id);
  // A device that may run the stage and lives; -1 when there is none.
  DeviceId AnyDevice(StageId stage) const { return state_of(stage).any; }
  // After a stage or device came or went.
  void CountDevices();

  // Jobs.
  absl::Status Check(const JobSpec& spec) const;
  Request& RequestOf(const JobSpec& spec, absl::Time now);
  void Reserve(Request& request, StageId stage, double items);
  void SetTimes(Job& job, absl::Time since);
  void SetExpiry(Job& job, bool only_later = false);
  // By which a job's key grows with every item.
  absl::Duration StepOf(StageId stage, const GearPlan& plan);
  void Follow(Job& job);  // its producer's device and lane
  bool Ready(const Job& job) const;
  void Enqueue(Job& job);  // if something of it waits and may run
  void Dequeue(Job& job);
  void CountWaiting(const Job& job, int64_t items);
  void End(JobId id, EndReason reason, const absl::Status& status, bool suspect = false,
           bool predicted = false);
  void LeaveStream(const Job& job);
  void Expire(absl::Time now);

  // Expected device time of the stages after 'stage' in the request's pipeline, and the least.
  absl::Duration ExpectedAfter(StageId stage) const;
  absl::Duration LeastAfter(StageId stage) const;
  // Device time of all that waits or is expected of the pipeline, spread over its devices.
  absl::Duration WorkOf(const StageTable::Pipeline& pipeline, Priority priority) const;
  // Until 'pipeline's running batches are over, spread over its devices.
  absl::Duration RunningOf(const StageTable::Pipeline& pipeline, absl::Time now) const;

  // Dispatch.
  void Dispatch(absl::Time now);
  bool Form(DeviceId device, int lane, absl::Time now);
  absl::Time Urgency(const Job& head, int64_t rows, DeviceId device) const;
  bool Eligible(const Job& job, DeviceId device, int lane, absl::Time now) const;
  bool MovingPays(const Job& job, DeviceId device, absl::Time now) const;
  bool FasterElsewhere(StageId stage, DeviceId device, absl::Time now) const;
  // Fills 'candidates_'; what only a choice between several needs is left out if there is one.
  void FindCandidates(DeviceId device, int lane, absl::Time now);
  void Describe(Candidate& candidate, DeviceId device, absl::Time now) const;
  void ShareOut(DeviceState& device);
  const Candidate& Choose(absl::Time start);
  void CountPassed(DeviceId id, StageId taken);
  absl::Time HoldUntil(DeviceId device, const Lane& lane, const Candidate& next) const;
  // Device time that may be spent so that small jobs wait less.
  absl::Duration SpareTime(const Lane& lane, absl::Time now) const;
  BatchChoice Gather(const Candidate& next, DeviceId device, int lane, absl::Time start,
                     absl::Duration spare, absl::Time now);
  // Places items of the open jobs until 'room' is 0 or the next one's key is above 'limit'.
  void TakeUntil(absl::Time limit, int64_t& room);
  void Put(const BatchChoice& choice, const Candidate& next, DeviceId device, int lane,
           absl::Duration spare, absl::Time now);
  void Take(Job& job, int64_t items, DeviceId device, int lane, ScheduledBatch& batch);
  static bool Empty(const DeviceState& device);
  void ReleaseGuard(DeviceId id);

  // Failure.
  void Watch(absl::Time now);
  void Retime(Lane& lane, absl::Time now);
  // Does what the end of a batch means, which is in no list any more.
  void Settle(const Batch& batch, const BatchOutcome& outcome, absl::Time now);
  void EndItems(Job& job, const Segment& segment);
  void ReturnItems(Job& job, const Segment& segment);
  void RunApart(const Batch& batch);
  void BlameInput(const Batch& batch, const absl::Status& why);
  void BlameDevice(const Batch& batch, const absl::Status& why);
  void Redo(Job& job);
  void RedoConsumers(const Job& job);
  void Evict(Job& job, DeviceId device, bool suspect, const absl::Status& why);
  void EndUnplaced();

  StageTable table_;
  const SchedulerOptions options_;
  GearCosts costs_;
  std::vector<DeviceState> devices_;
  std::vector<StageState> stages_;
  using Jobs = std::map<JobId, Job>;
  using Batches = std::map<BatchId, Batch>;
  using Requests = std::map<RequestId, Request>;
  Jobs jobs_;
  Batches batches_;
  Requests requests_;
  SpareNodes<Jobs> spare_jobs_;
  SpareNodes<Batches> spare_batches_;
  SpareNodes<Requests> spare_requests_;
  ExpiryQueue expiries_;
  std::map<std::pair<StreamId, StageId>, JobId> streams_;  // the job of each that can be replaced
  JobId last_job_ = 0;
  BatchId last_batch_ = 0;
  DeviceId next_device_ = 0;  // where the search for an idle one starts
  int64_t queued_items_ = 0;  // in all queues
  int64_t bytes_ = 0;
  bool one_type_ = true;
  Effects effects_;
  // Used in one Form after the other.
  std::vector<Candidate> candidates_;
  std::vector<StageCandidate> views_;
  std::vector<WaitingItems> front_;  // of the queue, in the order in which it would run
  std::vector<Open> open_;           // a heap
};

}  // namespace omserve::scheduling

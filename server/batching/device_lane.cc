// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/batching/device_lane.h"

#include <algorithm>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "pipelines/base/status_macros.h"
#include "server/device/acl_status.h"

namespace omserve {
namespace {

// A batch that takes longer is taken for hanging.
constexpr absl::Duration kBatchLimit = absl::Minutes(2);
// Device faults in a row after which the device is given up.
constexpr int kMaxFaults = 3;

absl::StatusOr<LaneEvents> MakeEvents(const Device& device) {
  OMSERVE_ASSIGN_OR_RETURN(Event in_start, Event::Create(device));
  OMSERVE_ASSIGN_OR_RETURN(Event in_end, Event::Create(device));
  OMSERVE_ASSIGN_OR_RETURN(Event run_start, Event::Create(device));
  OMSERVE_ASSIGN_OR_RETURN(Event run_end, Event::Create(device));
  OMSERVE_ASSIGN_OR_RETURN(Event out_start, Event::Create(device));
  OMSERVE_ASSIGN_OR_RETURN(Event out_end, Event::Create(device));
  return LaneEvents{std::move(in_start), std::move(in_end),    std::move(run_start),
                    std::move(run_end),  std::move(out_start), std::move(out_end)};
}

// A time that cannot be read is no reason to fail a batch.
absl::Duration Between(const Event& start, const Event& end) {
  return Event::Elapsed(start, end).value_or(absl::ZeroDuration());
}

}  // namespace

DeviceLane::DeviceLane(int index, Device& device, StagingPool& staging,
                       std::vector<LoadedModel*> models, const std::vector<LoadedStage>& stages,
                       DeviceQueue& queue, const DeviceQueue::Shared& shared)
    : index_(index),
      device_(device),
      staging_(staging),
      models_(std::move(models)),
      stages_(stages),
      queue_(queue),
      shared_(shared),
      running_(DeviceQueue::kSlots) {}

absl::StatusOr<std::unique_ptr<DeviceLane>> DeviceLane::Create(
    int index, size_t device_index, DeviceSet& devices, const std::vector<LoadedStage>& stages,
    DeviceQueue& queue, const DeviceQueue::Shared& shared) {
  Device& device = devices.device(device_index);
  ScopedBind bind(device);
  OMSERVE_RETURN_IF_ERROR(bind.status());
  std::vector<LoadedModel*> models;
  for (const LoadedStage& stage : stages) models.push_back(stage.models[device_index].get());
  auto lane = absl::WrapUnique(
      new DeviceLane(index, device, devices.staging(), std::move(models), stages, queue, shared));
  OMSERVE_ASSIGN_OR_RETURN(Stream in, Stream::Create(device));
  OMSERVE_ASSIGN_OR_RETURN(Stream run, Stream::Create(device));
  OMSERVE_ASSIGN_OR_RETURN(Stream out, Stream::Create(device));
  lane->streams_ = absl::WrapUnique(new LaneStreams{std::move(in), std::move(run), std::move(out)});
  for (int i = 0; i < DeviceQueue::kSlots; ++i) {
    OMSERVE_ASSIGN_OR_RETURN(LaneEvents events, MakeEvents(device));
    Slot slot{std::move(events), {}};
    for (LoadedModel* model : lane->models_) {
      slot.stages.emplace_back();
      if (static_cast<size_t>(index) >= model->instances()) continue;
      OMSERVE_ASSIGN_OR_RETURN(slot.stages.back(),
                               model->instance(static_cast<size_t>(index)).MakeSlot());
    }
    lane->slots_.push_back(std::move(slot));
  }
  const std::string suffix = absl::StrCat(device.id(), "-", index);
  lane->submitter_ = Thread("submit-" + suffix, [lane = lane.get()] { lane->SubmitLoop(); });
  lane->completer_ = Thread("complete-" + suffix, [lane = lane.get()] { lane->CompleteLoop(); });
  return lane;
}

DeviceLane::~DeviceLane() {
  submitter_.Join();
  completer_.Join();
  ScopedBind bind(device_);
  slots_.clear();
  streams_.reset();
  quarantine_.clear();
}

void DeviceLane::SubmitLoop() {
  if (const absl::Status bound = device_.Bind(); !bound.ok()) {
    device_.MarkUnhealthy(bound);
    queue_.Close(absl::UnavailableError("the device is not usable"));
  }
  while (std::optional<FormedBatch> formed = queue_.Next(index_)) {
    const size_t stage = static_cast<size_t>(formed->stage);
    const absl::Time start = formed->formed;
    Running running;
    running.slot = &slots_[next_slot_];
    next_slot_ = (next_slot_ + 1) % slots_.size();
    running.batch =
        std::make_unique<Batch>(*std::move(formed), models_[stage]->info(), device_, staging_);
    running.submitted =
        running.batch->Submit(models_[stage]->instance(static_cast<size_t>(index_)),
                              *running.slot->stages[stage], *streams_, running.slot->events);
    running.batch_form = shared_.clock.Now() - start;
    // There is room: the queue lets no more batches out than there are slots.
    running_.TryPush(std::move(running));
  }
  running_.Close();
}

void DeviceLane::CompleteLoop() {
  if (const absl::Status bound = device_.Bind(); !bound.ok()) device_.MarkUnhealthy(bound);
  while (!running_.drained()) {
    std::optional<Running> running = running_.Pop(absl::Seconds(1));
    if (running.has_value()) Complete(*std::move(running));
  }
}

absl::Status DeviceLane::Await(const Running& running) {
  LaneEvents& events = running.slot->events;
  absl::Status status = running.submitted;
  if (status.ok()) status = streams_->run.Synchronize(events.run_end, kBatchLimit);
  if (status.ok()) {
    queue_.OnExecuted(index_);
    return streams_->out.Synchronize(events.out_end, kBatchLimit);
  }
  // Something may still be queued that uses the buffers; wait for all of it.
  for (Stream* stream : {&streams_->in, &streams_->run, &streams_->out}) {
    if (IsWaitTimeout(status)) break;
    const absl::Status ended = stream->Synchronize(kBatchLimit);
    if (IsWaitTimeout(ended) || (IsDeviceLost(ended) && !IsDeviceLost(status))) status = ended;
  }
  queue_.OnExecuted(index_);
  return status;
}

void DeviceLane::Complete(Running running) {
  const absl::Status status = Await(running);
  const FormedBatch& formed = running.batch->formed();
  const LaneEvents& events = running.slot->events;
  StageTiming timing;
  timing.device = device_.id();
  timing.batch_form = running.batch_form;
  timing.batch_size = static_cast<int>(formed.items);
  timing.padding = formed.gear - static_cast<int>(formed.items);
  if (status.ok()) {
    timing.h2d = Between(events.in_start, events.in_end);
    timing.execute = Between(events.run_start, events.run_end);
    timing.d2h = Between(events.out_start, events.out_end);
    shared_.costs.Record(formed.stage, formed.gear, timing.execute, timing.h2d);
    running.batch->KeepOutputs();
  }
  WatchHealth(status);
  Report(formed, timing, status);
  for (const Segment& segment : formed.segments) {
    timing.queue = formed.formed - segment.call->enqueued();
    segment.call->Finish(segment.items, status, &timing, shared_.executor);
  }
  if (IsWaitTimeout(status)) quarantine_.push_back(std::move(running.batch));
  running.batch.reset();
  queue_.OnEnded(index_);
}

void DeviceLane::WatchHealth(const absl::Status& status) {
  const bool fault = AclErrorNumber(status) / 100000 == 5;
  faults_ = fault ? faults_ + 1 : 0;
  if (!IsDeviceLost(status) && !IsWaitTimeout(status) && faults_ < kMaxFaults) return;
  device_.MarkUnhealthy(status);
  queue_.Close(absl::UnavailableError(absl::StrCat("device ", device_.id(), " has failed")));
}

void DeviceLane::Report(const FormedBatch& formed, const StageTiming& timing,
                        const absl::Status& status) {
  BatchRecord record;
  record.model = shared_.model;
  record.stage = stages_[static_cast<size_t>(formed.stage)].spec.name;
  record.device = device_.id();
  record.gear = formed.gear;
  record.items = static_cast<int>(formed.items);
  record.padding = timing.padding;
  record.calls = static_cast<int>(formed.segments.size());
  record.queue = formed.formed - formed.segments.front().call->enqueued();
  record.batch_form = timing.batch_form;
  record.h2d = timing.h2d;
  record.execute = timing.execute;
  record.d2h = timing.d2h;
  record.status = status;
  shared_.observer.OnBatch(record);
}

}  // namespace omserve

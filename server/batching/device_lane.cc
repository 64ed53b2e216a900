// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/batching/device_lane.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "pipelines/base/status_macros.h"
#include "server/device/acl_status.h"

namespace omserve {
namespace {

// How often a wait for the device looks whether the device was abandoned.
constexpr absl::Duration kSlice = absl::Milliseconds(500);
constexpr absl::Duration kIdle = absl::Seconds(1);

absl::StatusOr<LaneEvents> MakeEvents(const Device& device) {
  OMSERVE_ASSIGN_OR_RETURN(Event in_start, Event::Create(device));
  OMSERVE_ASSIGN_OR_RETURN(Event in_end, Event::Create(device));
  OMSERVE_ASSIGN_OR_RETURN(Event gather_start, Event::Create(device));
  OMSERVE_ASSIGN_OR_RETURN(Event gather_end, Event::Create(device));
  OMSERVE_ASSIGN_OR_RETURN(Event run_start, Event::Create(device));
  OMSERVE_ASSIGN_OR_RETURN(Event run_end, Event::Create(device));
  OMSERVE_ASSIGN_OR_RETURN(Event keep_end, Event::Create(device));
  OMSERVE_ASSIGN_OR_RETURN(Event out_start, Event::Create(device));
  OMSERVE_ASSIGN_OR_RETURN(Event out_end, Event::Create(device));
  return LaneEvents{std::move(in_start),   std::move(in_end),    std::move(gather_start),
                    std::move(gather_end), std::move(run_start), std::move(run_end),
                    std::move(keep_end),   std::move(out_start), std::move(out_end)};
}

// Brief batches of others that a thread sees to after its own, before it leaves the rest to the
// lane's.
constexpr int kTurnsHere = 4;

// Copies of so many bytes take less time than the wake-up of a thread.
constexpr size_t kBriefBytes = 16 << 10;

size_t OutputBytes(const FormedBatch& formed) {
  size_t row = 0;
  for (const ModelTensor& tensor : formed.stage->info().outputs) row += tensor.row_bytes;
  return row * static_cast<size_t>(formed.items);
}

// A time that cannot be read is no reason to fail a batch.
absl::Duration Between(const Event& start, const Event& end) {
  return Event::Elapsed(start, end).value_or(absl::ZeroDuration());
}

}  // namespace

DeviceLane::DeviceLane(int index, size_t device_index, Device& device, StagingPool& staging,
                       TensorMover& mover, const Clock& clock, Owner& owner, int slots)
    : index_(index),
      device_index_(device_index),
      device_(device),
      staging_(staging),
      mover_(mover),
      clock_(clock),
      owner_(owner),
      free_slots_(~uint64_t{0} >> (kMostSlots - slots)),  // Create has checked them
      waiting_(static_cast<size_t>(slots)),
      running_(static_cast<size_t>(slots)) {}

absl::StatusOr<std::unique_ptr<DeviceLane>> DeviceLane::Create(int index, size_t device_index,
                                                               DeviceSet& devices,
                                                               TensorMover& mover,
                                                               const Clock& clock, Owner& owner,
                                                               int slots) {
  if (slots < 1 || slots > kMostSlots) {
    return absl::InvalidArgumentError(absl::StrCat("a lane has 1 to ", kMostSlots, " slots"));
  }
  Device& device = devices.device(device_index);
  ScopedBind bind(device);
  OMSERVE_RETURN_IF_ERROR(bind.status());
  auto lane = absl::WrapUnique(
      new DeviceLane(index, device_index, device, devices.staging(), mover, clock, owner, slots));
  OMSERVE_ASSIGN_OR_RETURN(Stream in, Stream::Create(device));
  OMSERVE_ASSIGN_OR_RETURN(Stream run, Stream::Create(device));
  OMSERVE_ASSIGN_OR_RETURN(Stream out, Stream::Create(device));
  lane->streams_ =
      absl::WrapUnique(new std::array<Stream, 3>{std::move(in), std::move(run), std::move(out)});
  for (int i = 0; i < slots; ++i) {
    OMSERVE_ASSIGN_OR_RETURN(LaneEvents events, MakeEvents(device));
    lane->events_.push_back(std::move(events));
  }
  const std::string suffix = absl::StrCat(device.id(), "-", index);
  lane->submitter_ = Thread("submit-" + suffix, [lane = lane.get()] { lane->SubmitLoop(); });
  lane->completer_ = Thread("complete-" + suffix, [lane = lane.get()] { lane->CompleteLoop(); });
  return lane;
}

void DeviceLane::Stop() {
  waiting_.Close();
  submitter_.Join();
  completer_.Join();
  {
    MutexLock lock(here_mutex_);
    while (here_ > 0) here_left_.WaitFor(here_mutex_, kIdle);
  }
  if (stuck() || streams_ == nullptr) return;
  ScopedBind bind(device_);
  events_.clear();
  streams_.reset();
}

DeviceLane::~DeviceLane() { Stop(); }

bool DeviceLane::Queue(FormedBatch batch) {
  // There is room: the scheduler gives a lane no more batches than it has slots.
  return waiting_.TryPushQuietly(std::move(batch));
}

void DeviceLane::SubmitHere() {
  for (int turn = 0; waiting_.size() > 0; ++turn) {
    // Whoever has the lock may have looked for the last time.
    if (turn == kTurnsHere || !submitting_.TryLock()) return SubmitSoon();
    if (waiting_.size() == 0) {  // a stopped lane's device may be in the middle of a reset
      submitting_.Unlock();
      return;
    }
    ScopedBind bind(device_);
    std::optional<Running> ended = SubmitWaiting();
    submitting_.Unlock();
    if (ended.has_value()) CompleteHere(*std::move(ended));
  }
}

void DeviceLane::SubmitLoop() {
  if (const absl::Status bound = device_.Bind(); !bound.ok()) device_.MarkUnhealthy(bound);
  while (!waiting_.drained()) {
    waiting_.WaitForValue(kIdle);
    std::optional<Running> ended;
    {
      MutexLock lock(submitting_);
      ended = SubmitWaiting();
    }
    if (ended.has_value()) CompleteHere(*std::move(ended));
  }
  MutexLock lock(submitting_);  // whoever took the last one has submitted it then
  running_.Close();
}

std::optional<DeviceLane::Running> DeviceLane::SubmitWaiting() {
  while (std::optional<FormedBatch> formed = waiting_.TryPop()) {
    if (abandoned_.load()) {
      owner_.OnBatchLost(*std::move(formed));
    } else if (std::optional<Running> ended = SubmitOne(*std::move(formed))) {
      return ended;
    }
  }
  return std::nullopt;
}

size_t DeviceLane::TakeSlot() {
  uint64_t free = free_slots_.load();
  // One is free: the scheduler gives a lane no more batches than it has slots.
  while (!free_slots_.compare_exchange_weak(free, free & (free - 1))) {
  }
  return static_cast<size_t>(std::countr_zero(free));
}

std::optional<DeviceLane::Running> DeviceLane::SubmitOne(FormedBatch formed) {
  const EngineStage& stage = *formed.stage;
  const absl::Time start = formed.formed;
  Running running;
  running.slot = TakeSlot();
  running.events = &events_[running.slot];
  running.alone = on_device_++ == 0;
  running.brief = running.alone && OutputBytes(formed) <= kBriefBytes;
  running.batch = std::make_unique<Batch>(std::move(formed), device_, staging_, mover_);
  running.submitted = device_.health();
  if (running.submitted.ok()) {
    running.submitted =
        running.batch->Submit(stage.model(device_index_)->instance(static_cast<size_t>(index_)),
                              stage.slot(device_index_, index_, running.slot),
                              StreamsFor(running.alone), *running.events, clock_);
  }
  running.batch_form = std::max(running.batch->addressed(), start) - start;
  if (running.brief && running.submitted.ok() && running.events->out_end.Happened()) {
    // Nothing is left to wait for; but an error is only told here, and what follows one waits.
    running.submitted = StreamsFor(running.alone).out.Synchronize(running.events->out_end, kSlice);
    if (running.submitted.ok()) {
      MutexLock lock(here_mutex_);
      ++here_;
      return running;
    }
  }
  running_.TryPush(std::move(running));  // as much room as in 'waiting_'
  return std::nullopt;
}

void DeviceLane::CompleteHere(Running running) {
  End(std::move(running), absl::OkStatus(), this);
  {
    MutexLock lock(here_mutex_);
    --here_;
  }
  here_left_.NotifyAll();
}

void DeviceLane::CompleteLoop() {
  if (const absl::Status bound = device_.Bind(); !bound.ok()) device_.MarkUnhealthy(bound);
  while (!running_.drained()) {
    std::optional<Running> running = running_.Pop(kIdle);
    if (running.has_value()) Complete(*std::move(running));
  }
}

template <typename Wait>
absl::Status DeviceLane::WaitInSlices(Wait wait) {
  while (true) {
    const absl::Status status = wait(kSlice);
    if (!IsWaitTimeout(status)) return status;
    if (abandoned_.load()) return absl::CancelledError("nobody waits for the device any more");
  }
}

absl::Status DeviceLane::Await(const Running& running) {
  LaneEvents& events = *running.events;
  const LaneStreams streams = StreamsFor(running.alone);
  absl::Status status = running.submitted;
  if (status.ok() && !running.brief) {
    status = WaitInSlices(
        [&](absl::Duration slice) { return streams.run.Synchronize(events.run_end, slice); });
    if (status.ok()) owner_.OnBatchRun(running.batch->formed().id);
  }
  if (status.ok()) {
    status = WaitInSlices(
        [&](absl::Duration slice) { return streams.out.Synchronize(events.out_end, slice); });
  }
  if (status.ok() || absl::IsCancelled(status)) return status;
  // Something may still be queued that uses the buffers; wait for all of it.
  for (Stream& stream : *streams_) {
    const absl::Status ended =
        WaitInSlices([&](absl::Duration slice) { return stream.Synchronize(slice); });
    if (absl::IsCancelled(ended)) return ended;
    if (IsDeviceLost(ended) && !IsDeviceLost(status)) status = ended;
  }
  return status;
}

LaneStreams DeviceLane::StreamsFor(bool alone) {
  auto& [in, run, out] = *streams_;
  return alone ? LaneStreams{run, run, run} : LaneStreams{in, run, out};
}

StageTiming DeviceLane::TimingOf(const Running& running, const absl::Status& status) const {
  const FormedBatch& formed = running.batch->formed();
  const LaneEvents& events = *running.events;
  StageTiming timing;
  timing.device = device_.id();
  timing.batch_form = running.batch_form;
  timing.batch_size = static_cast<int>(formed.items);
  timing.padding = formed.gear - static_cast<int>(formed.items);
  if (!status.ok()) return timing;
  timing.h2d = Between(events.in_start, events.in_end);
  if (running.batch->gathered()) timing.gather = Between(events.gather_start, events.gather_end);
  timing.execute = Between(running.alone ? events.in_end : events.run_start, events.run_end);
  const Event& out_start = running.batch->out_start_set() ? events.out_start : events.run_end;
  timing.d2h = Between(out_start, events.out_end);
  return timing;
}

void DeviceLane::Complete(Running running) {
  absl::Status status = Await(running);
  if (absl::IsCancelled(status)) {
    stuck_.store(true);
    FormedBatch lost = running.batch->formed();
    quarantine_.push_back(std::move(running.batch));
    owner_.OnBatchLost(std::move(lost));
    return;
  }
  End(std::move(running), std::move(status), nullptr);
}

void DeviceLane::End(Running running, absl::Status status, DeviceLane* looks) {
  StageTiming timing = TimingOf(running, status);
  --on_device_;
  FormedBatch formed = running.batch->Release();
  running.batch.reset();  // its memory can serve the next one before the answer goes out
  free_slots_.fetch_or(uint64_t{1} << running.slot);
  owner_.OnBatchEnded({std::move(formed), std::move(status), std::move(timing), looks});
}

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/batching/gear_timer.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "pipelines/base/status_macros.h"
#include "server/batching/batch_engine.h"
#include "server/batching/device_rows.h"
#include "server/device/event.h"
#include "server/device/model.h"
#include "server/device/stream.h"
#include "spdlog/spdlog.h"

namespace omserve {
namespace {

using scheduling::GearCosts;

// A gear has been measured when it ran this often, or took this long.
constexpr int kRuns = 3;
constexpr absl::Duration kEnough = absl::Milliseconds(200);
// A run that takes this long is measured once.
constexpr absl::Duration kLong = absl::Milliseconds(400);
constexpr absl::Duration kLimit = absl::Minutes(2);
// How long a run waits for a moment at which its device has nothing else to do.
constexpr absl::Duration kPatience = absl::Milliseconds(50);

// One stage on one device, with zeros for inputs.
class Rehearsal {
 public:
  static absl::StatusOr<Rehearsal> Create(const EngineStage& stage, size_t index, Device& device,
                                          StagingPool& staging) {
    OMSERVE_ASSIGN_OR_RETURN(Stream stream, Stream::Create(device));
    OMSERVE_ASSIGN_OR_RETURN(Event start, Event::Create(device));
    OMSERVE_ASSIGN_OR_RETURN(Event copied, Event::Create(device));
    OMSERVE_ASSIGN_OR_RETURN(Event end, Event::Create(device));
    Rehearsal rehearsal(stage, index, std::move(stream), std::move(start), std::move(copied),
                        std::move(end));
    for (const ModelTensor& input : stage.info().inputs) {
      OMSERVE_ASSIGN_OR_RETURN(DeviceBuffer on_device, device.memory_pool().Allocate(input.bytes));
      OMSERVE_ASSIGN_OR_RETURN(
          HostTensor zeros,
          staging.TryAllocate(DType::kUint8, {static_cast<int64_t>(input.bytes)}));
      std::fill_n(zeros.data(), input.bytes, std::byte{0});
      rehearsal.inputs_.push_back(std::move(on_device));
      rehearsal.zeros_.push_back(std::move(zeros));
    }
    for (const ModelTensor& output : stage.info().outputs) {
      OMSERVE_ASSIGN_OR_RETURN(DeviceBuffer on_device, device.memory_pool().Allocate(output.bytes));
      rehearsal.outputs_.push_back(std::move(on_device));
    }
    return rehearsal;
  }

  // Queues one run.
  absl::Status Queue(int gear) {
    const ModelInfo& info = stage_->info();
    ExecutionSlot& slot = stage_->slot(index_, 0, 0);
    OMSERVE_RETURN_IF_ERROR(stream_.Record(start_));
    for (size_t i = 0; i < info.inputs.size(); ++i) {
      const bool whole = gear == info.max_gear();
      const size_t bytes =
          whole ? info.inputs[i].bytes : static_cast<size_t>(gear) * info.inputs[i].row_bytes;
      OMSERVE_RETURN_IF_ERROR(stream_.CopyToDevice(inputs_[i].data(), zeros_[i].data(), bytes));
      OMSERVE_RETURN_IF_ERROR(slot.SetInput(i, inputs_[i].data(), bytes));
    }
    for (size_t i = 0; i < info.outputs.size(); ++i) {
      OMSERVE_RETURN_IF_ERROR(slot.SetOutput(i, outputs_[i].data(), info.outputs[i].bytes));
    }
    OMSERVE_RETURN_IF_ERROR(slot.SetGear(gear));
    OMSERVE_RETURN_IF_ERROR(stream_.Record(copied_));
    OMSERVE_RETURN_IF_ERROR(stage_->model(index_)->instance(0).Execute(slot, stream_));
    return stream_.Record(end_);
  }
  absl::Status Wait() { return stream_.Synchronize(kLimit); }

  absl::StatusOr<GearCosts::Row> Measure(int gear, BatchEngine& engine) {
    GearCosts::Row row;
    row.gear = gear;
    OMSERVE_RETURN_IF_ERROR(RunOnce(row, engine));
    // The first run also prepares, which counts for little when the run itself is long.
    if (row.execute >= kLong) return row;
    row.samples = 0;
    absl::Duration total;
    while (row.samples < kRuns && (row.samples == 0 || total < kEnough)) {
      OMSERVE_RETURN_IF_ERROR(RunOnce(row, engine));
      total += row.execute;
    }
    return row;
  }

 private:
  // The best of the runs so far stays in 'row'.
  absl::Status RunOnce(GearCosts::Row& row, BatchEngine& engine) {
    {
      OMSERVE_ASSIGN_OR_RETURN(const auto loan, engine.Borrow(index_, kPatience));
      OMSERVE_RETURN_IF_ERROR(Queue(row.gear));
      OMSERVE_RETURN_IF_ERROR(Wait());
    }
    OMSERVE_ASSIGN_OR_RETURN(const absl::Duration execute, Event::Elapsed(copied_, end_));
    OMSERVE_ASSIGN_OR_RETURN(const absl::Duration copy_in, Event::Elapsed(start_, copied_));
    if (row.samples == 0 || execute < row.execute) {
      row.execute = row.least = std::max(execute, absl::Nanoseconds(1));
      row.copy_in = copy_in;
    }
    ++row.samples;
    return absl::OkStatus();
  }

  Rehearsal(const EngineStage& stage, size_t index, Stream stream, Event start, Event copied,
            Event end)
      : stage_(&stage),
        index_(index),
        stream_(std::move(stream)),
        start_(std::move(start)),
        copied_(std::move(copied)),
        end_(std::move(end)) {}

  const EngineStage* stage_;
  size_t index_;
  std::vector<HostTensor> zeros_;
  std::vector<DeviceBuffer> inputs_;
  std::vector<DeviceBuffer> outputs_;
  Stream stream_;
  Event start_, copied_, end_;
};

absl::StatusOr<std::vector<GearCosts::Row>> MeasureAll(const EngineStage& stage, size_t index,
                                                       BatchEngine& engine) {
  Device& device = engine.devices().device(index);
  ScopedBind bind(device);
  OMSERVE_RETURN_IF_ERROR(bind.status());
  OMSERVE_ASSIGN_OR_RETURN(Rehearsal rehearsal,
                           Rehearsal::Create(stage, index, device, engine.devices().staging()));
  std::vector<GearCosts::Row> rows;
  for (const int gear : stage.info().gears) {
    OMSERVE_ASSIGN_OR_RETURN(GearCosts::Row row, rehearsal.Measure(gear, engine));
    row.device_type = device.soc_name();
    rows.push_back(std::move(row));
  }
  return rows;
}

// A first run, while others use the devices.
absl::Status WarmUpOneByOne(const EngineStage& stage, const std::vector<size_t>& indices,
                            BatchEngine& engine) {
  for (const size_t index : indices) {
    Device& device = engine.devices().device(index);
    ScopedBind bind(device);
    OMSERVE_RETURN_IF_ERROR(bind.status());
    OMSERVE_ASSIGN_OR_RETURN(Rehearsal rehearsal,
                             Rehearsal::Create(stage, index, device, engine.devices().staging()));
    OMSERVE_ASSIGN_OR_RETURN(const auto loan, engine.Borrow(index, kPatience));
    const absl::Status queued = rehearsal.Queue(stage.info().gears.front());
    // Also when that failed: nothing may be released that is at work.
    const absl::Status ended = rehearsal.Wait();
    OMSERVE_RETURN_IF_ERROR(queued);
    OMSERVE_RETURN_IF_ERROR(ended);
  }
  return absl::OkStatus();
}

// A first run on all of them at the same time.
absl::Status WarmUp(const EngineStage& stage, const std::vector<size_t>& indices,
                    DeviceSet& devices) {
  std::vector<std::pair<size_t, Rehearsal>> running;
  const auto each = [&](auto&& work) -> absl::Status {
    for (auto& [index, rehearsal] : running) {
      ScopedBind bind(devices.device(index));
      OMSERVE_RETURN_IF_ERROR(bind.status());
      OMSERVE_RETURN_IF_ERROR(work(rehearsal));
    }
    return absl::OkStatus();
  };
  for (const size_t index : indices) {
    ScopedBind bind(devices.device(index));
    OMSERVE_RETURN_IF_ERROR(bind.status());
    OMSERVE_ASSIGN_OR_RETURN(
        Rehearsal made, Rehearsal::Create(stage, index, devices.device(index), devices.staging()));
    running.emplace_back(index, std::move(made));
  }
  const int gear = stage.info().gears.front();
  absl::Status status = each([gear](Rehearsal& rehearsal) { return rehearsal.Queue(gear); });
  // Also when one failed: nothing may be released that is at work.
  const absl::Status ended = each([](Rehearsal& rehearsal) { return rehearsal.Wait(); });
  while (!running.empty()) {
    ScopedBind bind(devices.device(running.back().first));
    running.pop_back();
  }
  return status.ok() ? ended : status;
}

}  // namespace

absl::StatusOr<std::vector<GearCosts::Row>> TimeGears(const EngineStage& stage, BatchEngine& engine,
                                                      const CostCache& cache) {
  DeviceSet& devices = engine.devices();
  OMSERVE_ASSIGN_OR_RETURN(const std::string model, CostCache::KeyOf(stage.spec().om_path));
  std::map<std::string, bool> known;  // by device type
  std::vector<GearCosts::Row> all;
  std::vector<size_t> cold;
  for (size_t i = 0; i < devices.size(); ++i) {
    if (stage.model(i) == nullptr) continue;
    Device& device = devices.device(i);
    const bool first = known.emplace(device.soc_name(), true).second;
    std::vector<GearCosts::Row> rows;
    if (first) rows = cache.Load(device.soc_name(), model);
    if (!first || rows.size() == stage.info().gears.size()) {
      cold.push_back(i);
    } else {
      OMSERVE_ASSIGN_OR_RETURN(rows, MeasureAll(stage, i, engine));
      if (const absl::Status kept = cache.Save(device.soc_name(), model, rows); !kept.ok()) {
        spdlog::warn("{}", kept.ToString());
      }
    }
    for (GearCosts::Row& row : rows) {
      row.stage = absl::StrCat(stage.pipeline(), "/", stage.spec().name);
      all.push_back(std::move(row));
    }
  }
  OMSERVE_RETURN_IF_ERROR(engine.quiet() ? WarmUp(stage, cold, devices)
                                         : WarmUpOneByOne(stage, cold, engine));
  return all;
}

}  // namespace omserve

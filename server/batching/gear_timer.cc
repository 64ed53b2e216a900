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
#include "server/batching/rehearsal.h"
#include "spdlog/spdlog.h"

namespace omserve {
namespace {

using scheduling::GearCosts;

// A gear has been measured when it ran this often, or took this long. What is brief runs more
// often: among a few runs of microseconds, none may be one that nothing came between.
constexpr int kRuns = 3;
constexpr absl::Duration kEnough = absl::Milliseconds(200);
constexpr int kBriefRuns = 30;
constexpr absl::Duration kBriefEnough = absl::Milliseconds(5);
// A run that takes this long is measured once.
constexpr absl::Duration kLong = absl::Milliseconds(400);
// How long a run waits for a moment at which its device has nothing else to do.
constexpr absl::Duration kPatience = absl::Milliseconds(50);

// A stage on a device that others may use, too.
struct Place {
  Rehearsal& rehearsal;
  size_t device;
  BatchEngine& engine;
};

// One run that has the device for itself.
absl::Status RunAlone(const Place& place, int gear) {
  OMSERVE_ASSIGN_OR_RETURN(const auto loan, place.engine.Borrow(place.device, kPatience));
  const absl::Status queued = place.rehearsal.Queue(gear);
  // Also when that failed: nothing may be released that is at work.
  const absl::Status ended = place.rehearsal.Wait();
  return queued.ok() ? ended : queued;
}

// The best of the runs so far stays in 'row'.
absl::Status RunOnce(const Place& place, GearCosts::Row& row) {
  OMSERVE_RETURN_IF_ERROR(RunAlone(place, row.gear));
  OMSERVE_ASSIGN_OR_RETURN(const absl::Duration execute, place.rehearsal.ExecuteTime());
  OMSERVE_ASSIGN_OR_RETURN(const absl::Duration copy_in, place.rehearsal.CopyInTime());
  if (row.samples == 0 || execute < row.execute) {
    row.execute = row.least = std::max(execute, absl::Nanoseconds(1));
    row.copy_in = copy_in;
  }
  ++row.samples;
  return absl::OkStatus();
}

absl::StatusOr<GearCosts::Row> Measure(const Place& place, int gear) {
  GearCosts::Row row;
  row.gear = gear;
  OMSERVE_RETURN_IF_ERROR(RunOnce(place, row));
  // The first run also prepares, which counts for little when the run itself is long.
  if (row.execute >= kLong) return row;
  row.samples = 0;
  absl::Duration total;
  do {
    OMSERVE_RETURN_IF_ERROR(RunOnce(place, row));
    total += row.execute;
  } while (total < (row.samples < kRuns ? kEnough : kBriefEnough) && row.samples < kBriefRuns);
  return row;
}

absl::StatusOr<std::vector<GearCosts::Row>> MeasureAll(const EngineStage& stage, size_t index,
                                                       BatchEngine& engine) {
  DeviceSet& devices = engine.devices();
  const Device& device = devices.device(index);
  ScopedBind bind(device);
  OMSERVE_RETURN_IF_ERROR(bind.status());
  OMSERVE_ASSIGN_OR_RETURN(Rehearsal rehearsal,
                           Rehearsal::Create(stage, index, devices, Rehearsal::Inputs::kZeros));
  std::vector<GearCosts::Row> rows;
  for (const int gear : stage.info().gears) {
    OMSERVE_ASSIGN_OR_RETURN(GearCosts::Row row, Measure({rehearsal, index, engine}, gear));
    row.device_type = device.soc_name();
    rows.push_back(std::move(row));
  }
  return rows;
}

// A first run, while others use the devices.
absl::Status WarmUpOneByOne(const EngineStage& stage, const std::vector<size_t>& indices,
                            BatchEngine& engine) {
  for (const size_t index : indices) {
    ScopedBind bind(engine.devices().device(index));
    OMSERVE_RETURN_IF_ERROR(bind.status());
    OMSERVE_ASSIGN_OR_RETURN(Rehearsal rehearsal, Rehearsal::Create(stage, index, engine.devices(),
                                                                    Rehearsal::Inputs::kZeros));
    // Not alone: nothing is measured, and to empty the device first would cost others more.
    const absl::Status queued = rehearsal.Queue(stage.info().gears.front());
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
    OMSERVE_ASSIGN_OR_RETURN(Rehearsal made,
                             Rehearsal::Create(stage, index, devices, Rehearsal::Inputs::kZeros));
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
    const Device& device = devices.device(i);
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

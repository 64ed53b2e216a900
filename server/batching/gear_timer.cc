// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/batching/gear_timer.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "pipelines/base/status_macros.h"
#include "server/batching/rehearsal.h"
#include "spdlog/spdlog.h"

namespace omserve {
namespace {

using scheduling::GearCosts;

// A gear has been measured when it ran this often, or took this long.
constexpr int kRuns = 3;
constexpr absl::Duration kEnough = absl::Milliseconds(200);
// A run that takes this long is measured once.
constexpr absl::Duration kLong = absl::Milliseconds(400);

// The best of the runs so far stays in 'row'.
absl::Status RunOnce(Rehearsal& rehearsal, GearCosts::Row& row) {
  OMSERVE_RETURN_IF_ERROR(rehearsal.Queue(row.gear));
  OMSERVE_RETURN_IF_ERROR(rehearsal.Wait());
  OMSERVE_ASSIGN_OR_RETURN(const absl::Duration execute, rehearsal.ExecuteTime());
  OMSERVE_ASSIGN_OR_RETURN(const absl::Duration copy_in, rehearsal.CopyInTime());
  if (row.samples == 0 || execute < row.execute) {
    row.execute = row.least = std::max(execute, absl::Nanoseconds(1));
    row.copy_in = copy_in;
  }
  ++row.samples;
  return absl::OkStatus();
}

absl::StatusOr<GearCosts::Row> Measure(Rehearsal& rehearsal, int gear) {
  GearCosts::Row row;
  row.gear = gear;
  OMSERVE_RETURN_IF_ERROR(RunOnce(rehearsal, row));
  // The first run also prepares, which counts for little when the run itself is long.
  if (row.execute >= kLong) return row;
  row.samples = 0;
  absl::Duration total;
  while (row.samples < kRuns && (row.samples == 0 || total < kEnough)) {
    OMSERVE_RETURN_IF_ERROR(RunOnce(rehearsal, row));
    total += row.execute;
  }
  return row;
}

absl::StatusOr<std::vector<GearCosts::Row>> MeasureAll(const EngineStage& stage, size_t index,
                                                       DeviceSet& devices) {
  const Device& device = devices.device(index);
  ScopedBind bind(device);
  OMSERVE_RETURN_IF_ERROR(bind.status());
  OMSERVE_ASSIGN_OR_RETURN(Rehearsal rehearsal,
                           Rehearsal::Create(stage, index, devices, Rehearsal::Inputs::kZeros));
  std::vector<GearCosts::Row> rows;
  for (const int gear : stage.info().gears) {
    OMSERVE_ASSIGN_OR_RETURN(GearCosts::Row row, Measure(rehearsal, gear));
    row.device_type = device.soc_name();
    rows.push_back(std::move(row));
  }
  return rows;
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

absl::StatusOr<std::vector<GearCosts::Row>> TimeGears(const EngineStage& stage, DeviceSet& devices,
                                                      const CostCache& cache) {
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
      OMSERVE_ASSIGN_OR_RETURN(rows, MeasureAll(stage, i, devices));
      if (const absl::Status kept = cache.Save(device.soc_name(), model, rows); !kept.ok()) {
        spdlog::warn("{}", kept.ToString());
      }
    }
    for (GearCosts::Row& row : rows) {
      row.stage = absl::StrCat(stage.pipeline(), "/", stage.spec().name);
      all.push_back(std::move(row));
    }
  }
  OMSERVE_RETURN_IF_ERROR(WarmUp(stage, cold, devices));
  return all;
}

}  // namespace omserve

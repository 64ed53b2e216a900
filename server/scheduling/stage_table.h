// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace omserve::scheduling {

// Dense numbers, given by the table from 0 on. Those of a pipeline that was removed are given
// again.
using PipelineId = int;
using StageId = int;
// Index of a device in the list that the scheduler was made with.
using DeviceId = int;

// A device as the scheduler sees it. Devices of one type are taken to be equally fast.
struct DeviceSpec {
  std::string type;  // e.g. the SoC name; the costs of gears are kept per type
  int lanes = 1;     // ways through it (stream sets), at least 1
};

// One model of a pipeline.
struct StageSpec {
  std::string name;
  std::vector<int> gears;  // rows of a batch that the model can run, ascending, at least one
  // Lanes of a device that may run it: those with index < instances.
  int instances = 1;
  // Items that may wait, over all devices. A call that is too large for any queue gets into an
  // empty one.
  int64_t max_queue_items = 1024;
  // Items that one request may have here; 0 is no limit. What is above is cut, and reported.
  int64_t max_items_per_request = 0;
  // How long an item may wait for company while the device is busy anyway; 0 is no limit of its
  // own. An idle device never waits.
  absl::Duration max_delay = absl::ZeroDuration();
  // Devices that may run it; empty means all.
  std::vector<DeviceId> devices;
  // A request may come by without an item (a detector that found nothing), so that a request
  // cannot be given up because this stage would end too late.
  bool skippable = false;
};

struct PipelineSpec {
  std::string name;
  double weight = 1;              // of device time while several pipelines want a device; above 0
  std::vector<StageSpec> stages;  // in the order in which a request passes them
};

// The pipelines and stages that share the devices. Owned by Scheduler. Thread-compatible.
class StageTable {
 public:
  struct Stage {
    StageSpec spec;
    PipelineId pipeline = -1;   // -1: the number is free, and no device is allowed
    int position = 0;           // in the pipeline, from 0
    int left = 0;               // stages of the pipeline after this one
    std::vector<bool> allowed;  // by device
    int max_gear() const { return spec.gears.back(); }
  };
  struct Pipeline {
    std::string name;
    double weight = 1;
    StageId first = 0;  // its stages are [first, first + count)
    int count = 0;
    bool open = true;
  };

  explicit StageTable(std::vector<DeviceSpec> devices) : devices_(std::move(devices)) {}

  // Free numbers come first. INVALID_ARGUMENT naming what is wrong with 'spec'; the table is as it
  // was then.
  absl::StatusOr<PipelineId> Add(const PipelineSpec& spec);
  // Lets no new job in. Its numbers stay valid.
  void Close(PipelineId pipeline) { pipelines_[static_cast<size_t>(pipeline)].open = false; }

  // Frees the pipeline's numbers. REQUIRES: nobody uses them any more.
  void Remove(PipelineId pipeline);

  // One above the highest number ever given.
  int stages() const { return static_cast<int>(stages_.size()); }
  int pipelines() const { return static_cast<int>(pipelines_.size()); }
  const Stage& stage(StageId id) const { return stages_[static_cast<size_t>(id)]; }
  const Pipeline& pipeline(PipelineId id) const { return pipelines_[static_cast<size_t>(id)]; }
  const std::vector<DeviceSpec>& devices() const { return devices_; }

  // Items above the request's limit at the stage: 0 when all may come.
  int64_t ItemsCut(StageId id, int64_t items) const {
    const int64_t most = stage(id).spec.max_items_per_request;
    return most > 0 && items > most ? items - most : 0;
  }

 private:
  absl::Status Check(const PipelineSpec& spec) const;
  // The first of 'count' free numbers in a row; makes them if there are none.
  StageId Take(int count);

  const std::vector<DeviceSpec> devices_;
  std::vector<Stage> stages_;
  std::vector<Pipeline> pipelines_;
  std::vector<PipelineId> free_pipelines_;
};

}  // namespace omserve::scheduling

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "absl/time/time.h"
#include "server/scheduling/stage_table.h"

namespace omserve::scheduling {

// A stage that has items for a device, as the choice between stages sees it. A value.
struct StageCandidate {
  StageId stage = -1;
  PipelineId pipeline = -1;
  int left = 0;            // stages of the pipeline after it
  absl::Time key;          // of its next batch: the earlier, the more urgent
  absl::Time due;          // of its first job
  absl::Duration passed;   // device time that others got since it last ran or came to have items
  bool relegated = false;  // its first job is of the low priority, and has not aged enough
  absl::Duration cost;     // of the batch that it would run
  double efficiency = 0;   // 1: no cheaper way to run such items; less: padding, small gears
  double ahead = 0;        // seconds of device time that its pipeline had above its share
};

// Which stage a device runs next; an index in 'candidates', which are not empty. In this order: no
// pipeline far above its share of the device; the high priority; what becomes late if anything else
// goes first; what has seen others preferred for longer than 'patience' and some batches; batches
// that use the device well, or are so cheap that it does not matter (others gain by waiting, as the
// device has work); the more urgent job, with a lead for later stages, as these end requests.
// 'start' is when the device can begin.
size_t ChooseStage(const std::vector<StageCandidate>& candidates, absl::Time start,
                   absl::Duration patience);

}  // namespace omserve::scheduling

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/time/time.h"
#include "server/batching/call_outputs.h"
#include "server/batching/engine_stage.h"
#include "server/batching/pending_call.h"

namespace omserve {

// Items of one call that go into one batch, one after the other.
struct Segment {
  std::shared_ptr<PendingCall> call;
  CallOutputs* outputs = nullptr;  // of the call, on the batch's device
  int64_t first = 0;               // item of the call
  int64_t items = 0;
  int64_t row = 0;  // row of the batch
};

// What a lane of a device runs next. A value.
struct FormedBatch {
  int64_t id = 0;
  const EngineStage* stage = nullptr;
  int gear = 0;
  int64_t items = 0;
  std::vector<Segment> segments;
  absl::Time formed;
};

}  // namespace omserve

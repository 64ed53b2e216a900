// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/scheduling/job.h"

namespace omserve::scheduling {

// Why a job ended.
enum class EndReason {
  kDone,         // all its items ran
  kExpired,      // its budget ended, or it could not end in it any more: DEADLINE_EXCEEDED
  kCancelled,    // CANCELLED
  kSuperseded,   // a newer job of its stream came: ABORTED
  kInputFault,   // its own input made a batch fail: the status of that batch
  kDeviceFault,  // the device failed it too often without being fatal: the status of the last time
  // Its tensors were on a device that failed: UNAVAILABLE. The whole request can run again, on
  // another device; when 'suspect' is set, with JobSpec::suspect in all its jobs.
  kRestart,
  kPoison,    // it was on a device that failed, for the second time: INTERNAL
  kNoDevice,  // no device is left that may run it: UNAVAILABLE
  kClosed,    // its pipeline was closed: UNAVAILABLE
};
inline constexpr int kEndReasons = static_cast<int>(EndReason::kClosed) + 1;

// Lower case, with underscores; for metrics and logs.
std::string_view EndReasonName(EndReason reason);

// A job that ended. Nothing of it is queued any more; batches that still hold items of it run on,
// and their results for it are of no interest (their memory is still in use).
struct JobEnd {
  JobId job = 0;
  RequestId request = 0;
  EndReason reason = EndReason::kDone;
  absl::Status status;
  bool suspect = false;    // it was on a device that failed
  bool predicted = false;  // expired before its budget's end, for it could not end in it
};

// A batch for a lane. Batches of a lane run in the order of their ids.
struct ScheduledBatch {
  BatchId id = 0;
  DeviceId device = -1;
  int lane = 0;
  StageId stage = -1;
  int gear = 0;       // rows that the device computes
  int64_t items = 0;  // rows that carry an item; the rest is padding
  std::vector<Segment> segments;
  absl::Duration expected;  // device time
};

// What became of a batch.
enum class BatchResult {
  kOk,
  kInputFault,   // an input's fault: the device is as good as before
  kDeviceFault,  // the device could not, but others and later ones may
  kDeviceLost,   // the device is gone for this process
  // One of several batches that were on the device failed, and nobody can say which: all of them
  // run again, each with nothing else on the device.
  kUnclear,
};

struct BatchOutcome {
  BatchResult result = BatchResult::kOk;
  absl::Status status;     // why, unless kOk
  absl::Duration execute;  // measured device time; zero when not measured
  absl::Duration copy_in;
};

struct FencedDevice {
  DeviceId device = -1;
  absl::Status why;
};

// What the owner has to do now.
struct Effects {
  std::vector<JobEnd> ended;
  std::vector<ScheduledBatch> batches;  // to submit, in this order
  // Devices that are out, until they are revived. Their batches are forgotten: their memory must be
  // kept until the device cannot write any more, what is still told of them is ignored.
  std::vector<FencedDevice> fenced;
  absl::Time wake = absl::InfiniteFuture();  // call Advance again then, at the latest
};

}  // namespace omserve::scheduling

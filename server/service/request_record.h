// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "pipelines/base/request_context.h"
#include "server/metrics/server_metrics.h"

namespace omserve {

// Why a request with this status failed. 'reached_device' splits late requests into those that
// waited too long and those that computed too long. REQUIRES: !status.ok().
FailureReason ReasonOf(const absl::Status& status, bool reached_device, bool draining);

// Counts one request that ended. Thread-safe.
void RecordRequest(const RequestMetrics& metrics, const absl::Status& status,
                   absl::Duration duration, const std::vector<StageTiming>& timings,
                   absl::Time arrival, bool draining);

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "inference/grpc_service.pb.h"
#include "server/metrics/infer_statistics.h"

namespace omserve::kserve {

// What was counted, as it goes over the wire. Of a stage, every batch counts as an execution,
// whoever's items were in it; requests are those for the stage and the calls of pipelines.
void ConvertStatistics(const InferTotals& totals, inference::ModelStatistics& out);

}  // namespace omserve::kserve

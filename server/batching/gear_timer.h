// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "server/batching/cost_cache.h"
#include "server/batching/engine_stage.h"
#include "server/scheduling/gear_costs.h"

namespace omserve {

class BatchEngine;

// What every gear of a stage takes on each type of device, in the form that GearCosts restores:
// from the cache, or measured on zeros on the first device of the type and then kept. Devices of a
// type that need not be measured run the smallest gear once, as a first run is slow. Every
// measured run has its device for itself, lent by 'engine', so that it is not measured with the
// work of others in it. Blocks; the stage must be idle. Errors: what the devices say; a cache that
// cannot be written is only logged.
absl::StatusOr<std::vector<scheduling::GearCosts::Row>> TimeGears(const EngineStage& stage,
                                                                  BatchEngine& engine,
                                                                  const CostCache& cache);

}  // namespace omserve

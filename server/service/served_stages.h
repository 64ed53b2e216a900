// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "server/metrics/server_metrics.h"
#include "server/registry/loaded_stage.h"
#include "server/service/model_catalog.h"

namespace omserve {

// The loaded stages of a pipeline as models of their own. Inputs and outputs have the names of the
// manifest where it has some: compilers change those of outputs. 'alone': the one stage is the
// model, and has its name. 'statistics' outlive the metrics.
std::vector<ServedStage> MakeServedStages(const std::string& pipeline, bool alone,
                                          const std::vector<LoadedStage>& stages,
                                          ServerMetrics& metrics, PipelineStatistics& statistics);

// Lets the requests of a pipeline, whatever their method, be counted in its statistics. REQUIRES:
// the model is not published yet.
void CountIn(PipelineStatistics& statistics, ServerMetrics& metrics, ServedModel& model);

}  // namespace omserve

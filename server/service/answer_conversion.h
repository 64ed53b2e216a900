// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "absl/time/time.h"
#include "omserve/v1/vision.pb.h"
#include "pipelines/base/request_context.h"
#include "pipelines/graphs/detection.h"
#include "pipelines/graphs/internvit.h"
#include "server/service/model_catalog.h"

namespace omserve {

// What the pipelines found, as it goes over the wire.

void ConvertDetections(DetectResult result, const ServedModel& model, v1::DetectResponse& out);
void ConvertFeatures(EmbedResult result, const ServedModel& model, v1::EmbedResponse& out);
// Of a classifier: no features.
void ConvertClasses(const std::vector<ClassScore>& best, const ServedModel& model,
                    v1::EmbedResponse& out);
void ConvertTiming(absl::Time received, absl::Time sent, const std::vector<StageTiming>& stages,
                   v1::Timing& out);
void ConvertModel(const ServedModel& model, bool ready, v1::ModelInfo& out);

}  // namespace omserve

// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "omserve/v1/manifest.pb.h"

namespace omserve {

// A clean name and version, and exactly the stages that the pipeline runs, each once, with as many
// tensors as the pipeline passes. INVALID_ARGUMENT, naming the field.
absl::Status CheckManifest(const v1::PipelineManifest& manifest);

// A stage of a pipeline, as the scheduler wants to know it.
struct StagePlace {
  std::string name;
  bool skippable = false;  // a request may pass without an item for it
};

// The stages of a checked manifest's pipeline in the order in which a request passes them.
std::vector<StagePlace> StagesInOrder(const v1::PipelineManifest& manifest);

}  // namespace omserve

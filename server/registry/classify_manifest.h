// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "omserve/v1/manifest.pb.h"
#include "pipelines/graphs/classify.h"
#include "server/registry/loaded_stage.h"

namespace omserve {

// The numbers of manifest.classify over the defaults. 'labels' is how many there are; 0: none.
// INVALID_ARGUMENT, naming the field. REQUIRES: manifest.has_classify(), and one stage.
absl::StatusOr<ClassifyConfig> MakeClassifyConfig(const v1::PipelineManifest& manifest,
                                                  size_t labels);

// Whether the OM file takes the pictures and gives the classes that the manifest says.
// FAILED_PRECONDITION, naming the stage, the shapes and the field to change.
absl::Status CheckClassifyStage(const ClassifyConfig& config, const LoadedStage& stage);

}  // namespace omserve

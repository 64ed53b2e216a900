// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "omserve/v1/manifest.pb.h"
#include "pipelines/graphs/ppocr_config.h"
#include "server/registry/loaded_stage.h"

namespace omserve {

// The numbers of manifest.ppocr over the defaults, its gears and its dictionary, which lies in
// 'folder'. Errors, naming the field: INVALID_ARGUMENT, NOT_FOUND (no dictionary). REQUIRES:
// manifest.has_ppocr().
absl::StatusOr<PpOcrConfig> MakePpOcrConfig(const v1::PipelineManifest& manifest,
                                            const std::string& folder);

// Whether the OM files are what the names of their stages say, and the recognition has as many
// classes as the dictionary. FAILED_PRECONDITION, naming the stage.
absl::Status CheckPpOcrStages(const PpOcrConfig& config, const std::vector<LoadedStage>& stages);

}  // namespace omserve

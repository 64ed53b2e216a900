// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/registry/manifest.h"
#include "server/registry/server_config.h"

namespace omserve {

// The versions in config.model_dir that are to be loaded at the start, checked as far as that goes
// without a device. Errors: those of ScanModelDir and LoadVersion and of the pipelines' Create, and
// NOT_FOUND for no model at all; with repository.poll such models are left out.
absl::StatusOr<std::vector<PipelineSpec>> LoadPipelines(const ServerConfig& config);

// What --check-config prints: listeners, limits and pipelines.
std::string Summary(const ServerConfig& config, const std::vector<PipelineSpec>& pipelines);

}  // namespace omserve

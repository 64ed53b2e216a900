// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/statusor.h"
#include "omserve/v1/manifest.pb.h"
#include "pipelines/graphs/vitdet_config.h"

namespace omserve {

// The numbers of manifest.vitdet over the defaults. INVALID_ARGUMENT, naming the field.
absl::StatusOr<VitDetConfig> MakeVitDetConfig(const v1::VitDetManifest& manifest);

}  // namespace omserve

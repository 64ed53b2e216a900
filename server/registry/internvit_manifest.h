// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/statusor.h"
#include "omserve/v1/manifest.pb.h"
#include "pipelines/graphs/internvit.h"

namespace omserve {

// The numbers of manifest.internvit over the defaults. INVALID_ARGUMENT, naming the field.
absl::StatusOr<InternVitConfig> MakeInternVitConfig(const v1::InternVitManifest& manifest);

}  // namespace omserve

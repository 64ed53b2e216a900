// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/registry/internvit_manifest.h"

#include "pipelines/base/status_macros.h"
#include "server/registry/manifest_fields.h"

namespace omserve {

absl::StatusOr<InternVitConfig> MakeInternVitConfig(const v1::InternVitManifest& manifest) {
  InternVitConfig config;
  const ManifestFields fields("internvit");
  OMSERVE_RETURN_IF_ERROR(
      fields.Take("image_size", manifest.image_size(), 8192, config.image_size));
  OMSERVE_RETURN_IF_ERROR(
      fields.Take("num_classes", manifest.num_classes(), 100'000, config.num_classes));
  return config;
}

}  // namespace omserve
